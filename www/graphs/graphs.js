// Enhances the graphs pages: a cursor that reads values, panning, sorting and filtering of tables. The pages are complete
// without it. It requests nothing but this site's own API.

/** The same number format as in the tables. */
const numberFormat = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A cell's number if its column is numeric, else its text: 3.9 may be a version. */
function cellValue(cell) {
  const text = cell.textContent.trim().replace(/(?<=\d),(?=\d{3})/g, "");
  const number = Number(text.replace("%", "").replace("−", "-"));
  return cell.classList.contains("n") && text !== "" && !Number.isNaN(number) ? number : text;
}

function sortable(table) {
  const head = table.tHead?.rows[0];
  const body = table.tBodies[0];
  if (!head || !body || body.rows.length < 2) return;
  [...head.cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const numbers = cell.classList.contains("n");
      const down = cell.hasAttribute("aria-sort") ? cell.getAttribute("aria-sort") === "ascending" : numbers;
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [cellValue(row.cells[column]), row]);
      rows.sort(([a], [b]) => {
        const order = typeof a === "number" && typeof b === "number" ? a - b
          : typeof a === typeof b ? a.localeCompare(b, "en", { numeric: true })
          : typeof a === "number" ? 1 : -1;
        return down ? -order : order;
      });
      body.append(...rows.map(([, row]) => row));
    });
  });
}

/** Adds a filter field above a long table. */
function filterable(table) {
  const rows = [...table.tBodies[0].rows];
  if (!table.hasAttribute("data-narrow") || rows.length < 12) return;
  const label = document.createElement("label");
  label.textContent = "Filter rows: ";
  const field = document.createElement("input");
  field.type = "search";
  label.append(field);
  table.parentElement.before(label);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    rows.forEach((row, at) => { row.hidden = !texts[at].includes(wanted); });
  });
}

/** The cursor and panning of a chart over time. */
class Series {
  constructor(figure) {
    this.svg = figure.querySelector("svg.series");
    this.plot = this.svg.querySelector(".plot");
    this.id = this.svg.dataset.chart;
    this.unit = this.svg.dataset.unit;
    this.days = Number(this.svg.dataset.days);
    this.readout = figure.querySelector(".readout");
    this.data = null;
    this.end = 0;
    this.at = null;
    this.svg.tabIndex = 0;
    this.svg.addEventListener("pointermove", (event) => this.onMove(event));
    this.svg.addEventListener("pointerdown", (event) => this.onGrab(event));
    this.svg.addEventListener("pointerup", () => { this.from = null; });
    this.svg.addEventListener("pointerleave", () => { this.from = null; this.read(null); });
    this.svg.addEventListener("blur", () => this.read(null));
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Loads all days, on first use. */
  async load() {
    if (!this.data) {
      this.data = fetch(`/api/v1/charts/${this.id}?window=90`).then((answer) => {
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return answer.json();
      });
      this.data.catch(() => { this.readout.textContent = "Cannot load the values. The table below has them."; this.data = null; });
    }
    const data = await this.data;
    this.lines = data.lines;
    this.last = data.lines[0]?.points.length ?? 0;
    this.end ||= this.last;
    return data;
  }

  area() { return this.plot.getBoundingClientRect(); }

  async onMove(event) {
    await this.load();
    const area = this.area();
    const fraction = (event.clientX - area.left) / area.width;
    if (this.from && event.buttons === 1) {
      const by = Math.round((this.from.x - event.clientX) / area.width * this.days);
      this.pan(this.from.end + by);
    }
    this.read(Math.round(Math.min(1, Math.max(0, fraction)) * (this.days - 1)));
  }

  async onGrab(event) {
    await this.load();
    this.from = { x: event.clientX, end: this.end };
  }

  async onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) {
      if (event.key === "Escape") this.read(null);
      return;
    }
    event.preventDefault();
    await this.load();
    if (event.shiftKey && Number.isFinite(step)) {
      this.pan(this.end + step * Math.ceil(this.days / 4));
      this.read(this.at ?? this.days - 1);
      return;
    }
    this.read(Math.max(0, Math.min(this.days - 1, (this.at ?? (step < 0 ? this.days : -1)) + step)));
  }

  /** Shows another window of days, ending at `end`. */
  pan(end) {
    const clamped = Math.max(this.days, Math.min(this.last, end));
    if (clamped === this.end) return;
    this.end = clamped;
    const top = Number(this.svg.dataset.top);
    const from = this.end - this.days;
    this.lines.forEach((line, at) => {
      const path = this.plot.querySelector(`.l[data-line="${at}"]`);
      let open = false;
      const drawn = line.points.slice(from, this.end).map(({ value }, day) => {
        if (value === null) { open = false; return ""; }
        const step = `${open ? "L" : "M"}${(day / (this.days - 1) * 100).toFixed(2)} ${(100 - Math.min(value / top, 1) * 100).toFixed(2)}`;
        open = true;
        return step;
      }).join("");
      path?.setAttribute("d", drawn);
      this.plot.querySelector(".area")?.setAttribute("d", "");
    });
    const days = this.lines[0].points.slice(from, this.end).map(({ day }) => day);
    const ticks = this.svg.querySelectorAll("text.day");
    if (ticks.length) { ticks[0].textContent = days[0]; ticks[ticks.length - 1].textContent = days.at(-1); }
    if (ticks.length === 3) ticks[1].textContent = days[Math.floor(days.length / 2)];
    for (const name of this.svg.querySelectorAll("text.end")) name.style.visibility = this.end === this.last ? "" : "hidden";
  }

  /** Shows the values of a day, by its index in the window. */
  read(at) {
    this.at = at;
    const cursor = this.svg.querySelector(".cursor");
    if (at === null || !this.lines) {
      this.readout.textContent = "";
      cursor.setAttribute("visibility", "hidden");
      return;
    }
    const share = this.days > 1 ? at / (this.days - 1) * 100 : 0;
    cursor.setAttribute("x1", share);
    cursor.setAttribute("x2", share);
    cursor.setAttribute("visibility", "visible");
    const points = this.lines.map((line) => [line, line.points[this.end - this.days + at]]);
    const day = points[0][1]?.day ?? "";
    const values = points.filter(([, point]) => point?.value !== null && point?.value !== undefined)
      .map(([line, point]) => this.lines.length > 1 ? `${line.name}: ${numberFormat.format(point.value)}` : numberFormat.format(point.value));
    this.readout.textContent = `${day}: ${values.length ? `${values.join(", ")} ${this.unit}` : "no data"}`;
  }
}

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  filterable(table);
}
for (const figure of document.querySelectorAll("figure:has(svg.series)")) new Series(figure);
