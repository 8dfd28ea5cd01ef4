// What the graphs page gains with a script: reading values off lines, panning, sorting and narrowing tables.
// Without it everything is there; it reads nothing but the page and the site's own API.

/** Numbers with separators, as the tables have them. */
const shown = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** The number in a cell of a column of numbers, or its text with numbers that compare: 3.9 is a version, not a number. */
function valueOf(cell) {
  const text = cell.textContent.trim().replace(/(?<=\d),(?=\d{3})/g, "");
  const number = Number(text.replace("%", "").replace("−", "-"));
  return cell.classList.contains("n") && text !== "" && !Number.isNaN(number) ? number : text;
}

function sortable(table) {
  const head = table.tHead?.rows[0];
  const body = table.tBodies[0];
  if (!head || !body || body.rows.length < 2) return;
  [...head.cells].forEach((cell, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const numbers = cell.classList.contains("n");
      const down = cell.hasAttribute("aria-sort") ? cell.getAttribute("aria-sort") === "ascending" : numbers;
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [valueOf(row.cells[at]), row]);
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

/** A field above a long table that leaves the rows that hold its text. */
function narrowed(table) {
  const rows = [...table.tBodies[0].rows];
  if (!table.hasAttribute("data-narrow") || rows.length < 12) return;
  const label = document.createElement("label");
  label.textContent = "Show rows with ";
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

/** Reading and panning of one chart over time. */
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
    this.svg.addEventListener("pointermove", (event) => this.moved(event));
    this.svg.addEventListener("pointerdown", (event) => this.grabbed(event));
    this.svg.addEventListener("pointerup", () => { this.from = null; });
    this.svg.addEventListener("pointerleave", () => { this.from = null; this.read(null); });
    this.svg.addEventListener("blur", () => this.read(null));
    this.svg.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** All days that there are, asked for when they are first needed. */
  async load() {
    if (!this.data) {
      this.data = fetch(`/api/v1/charts/${this.id}?window=90`).then((answer) => {
        if (!answer.ok) throw new Error(`the receiver answered ${answer.status}`);
        return answer.json();
      });
      this.data.catch(() => { this.readout.textContent = "The values could not be loaded; the table below has them."; this.data = null; });
    }
    const data = await this.data;
    this.lines = data.lines;
    this.last = data.lines[0]?.points.length ?? 0;
    this.end ||= this.last;
    return data;
  }

  area() { return this.plot.getBoundingClientRect(); }

  async moved(event) {
    await this.load();
    const area = this.area();
    const part = (event.clientX - area.left) / area.width;
    if (this.from && event.buttons === 1) {
      const by = Math.round((this.from.x - event.clientX) / area.width * this.days);
      this.pan(this.from.end + by);
    }
    this.read(Math.round(Math.min(1, Math.max(0, part)) * (this.days - 1)));
  }

  async grabbed(event) {
    await this.load();
    this.from = { x: event.clientX, end: this.end };
  }

  async pressed(event) {
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

  /** Shows other days than those that the page came with. */
  pan(end) {
    const held = Math.max(this.days, Math.min(this.last, end));
    if (held === this.end) return;
    this.end = held;
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

  /** Says the values of a day, by its place in what is shown. */
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
      .map(([line, point]) => this.lines.length > 1 ? `${line.name}: ${shown.format(point.value)}` : shown.format(point.value));
    this.readout.textContent = `${day}: ${values.length ? values.join(", ") + " " + this.unit : "nothing shown"}`;
  }
}

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  narrowed(table);
}
for (const figure of document.querySelectorAll("figure:has(svg.series)")) new Series(figure);
