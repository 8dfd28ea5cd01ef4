//! Caches of what is made from everything that is published, valid until that changes: the data of all graphs, all pairs,
//! the insights, and the documents made from them, compressed. Each would otherwise take a read of all stored days.

use super::document::Document;
use crate::day::Day;
use crate::error::Result;
use crate::fixtures::detect::Detection;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use crate::publish::charts::{CHARTS, Chart};
use crate::publish::insights::{Insights, insights};
use crate::publish::pairs::{self, Published};
use crate::publish::view::{ChartData, View, Window};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A value with the generation of the published data that it was made from.
struct Memo<T>(tokio::sync::Mutex<Option<(i64, Arc<T>)>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(tokio::sync::Mutex::default())
    }
}

impl<T> Memo<T> {
    /// The value of this generation. If it is missing, it is made, while other requests for it wait.
    async fn get(&self, generation: i64, make: impl Future<Output = Result<(i64, T)>>) -> Result<Arc<T>> {
        let mut memo = self.0.lock().await;
        if let Some((of, value)) = &*memo
            && *of == generation
        {
            return Ok(Arc::clone(value));
        }
        let (of, value) = make.await?;
        let value = Arc::new(value);
        *memo = Some((of, Arc::clone(&value)));
        Ok(value)
    }
}

/// Names a document. All parts are from lists in the program, so that requests cannot fill the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DocumentKey {
    /// The route.
    pub(super) route: &'static str,
    /// A chart, or the order of a list.
    pub(super) variant: &'static str,
    /// Days of the window.
    pub(super) days: i32,
}

impl DocumentKey {
    pub(super) const fn new(route: &'static str, variant: &'static str) -> Self {
        Self { route, variant, days: 0 }
    }
}

type Cell = Arc<OnceCell<Arc<Document>>>;

/// Documents, with the generation that they were made from and the day on which they were made.
#[derive(Default)]
struct Documents {
    made_from: Option<(i64, Day)>,
    cells: HashMap<DocumentKey, Cell>,
}

impl Documents {
    fn cell(&mut self, made_from: (i64, Day), key: DocumentKey) -> Cell {
        if self.made_from != Some(made_from) {
            *self = Self { made_from: Some(made_from), cells: HashMap::new() };
        }
        Arc::clone(self.cells.entry(key).or_default())
    }
}

/// The cache.
#[derive(Default)]
pub(in crate::http) struct Cache {
    /// For each window.
    graphs: [Memo<Graphs>; Window::ALL.len()],
    pairs: Memo<Published>,
    insights: Memo<InsightsPage>,
    documents: Mutex<Documents>,
}

/// The data of all graphs.
pub(super) struct Graphs {
    /// The newest published day.
    pub(super) newest: Option<Day>,
    /// The data of each chart.
    pub(super) data: Vec<(&'static Chart, ChartData)>,
}

/// What the page for developers shows.
#[derive(Default)]
pub(super) struct InsightsPage {
    /// The lists.
    pub(super) insights: Insights,
    /// Files of the detection rules that cannot be used; nothing if the setting `definitions` is empty, and an error if the
    /// rules cannot be read.
    pub(super) skipped_rules: Option<std::result::Result<Vec<String>, ()>>,
}

impl Receiver {
    async fn generation(&self) -> Result<i64> {
        Ok(self.store.publication().await?.generation)
    }

    /// The cached document of this key, else a new one. Documents without a key are not cached.
    pub(super) async fn document(
        &self,
        key: Option<DocumentKey>,
        make: impl Future<Output = std::result::Result<Document, Problem>>,
    ) -> std::result::Result<Arc<Document>, Problem> {
        let make = async { make.await.map(Arc::new) };
        let Some(key) = key else { return make.await };
        let made_from = (self.stored(self.generation().await)?, self.today());
        let cell = self.cache.documents.lock().unwrap_or_else(PoisonError::into_inner).cell(made_from, key);
        cell.get_or_try_init(|| make).await.cloned()
    }

    /// The data of all graphs.
    pub(super) async fn graphs(&self, window: Window) -> std::result::Result<Arc<Graphs>, Problem> {
        let graphs = async {
            let make = async {
                let charts: Vec<&'static Chart> = CHARTS.iter().collect();
                let view = View::of(&self.store, window, &charts).await?;
                let data = charts.into_iter().map(|chart| (chart, view.chart(chart))).collect();
                Ok((view.generation, Graphs { newest: view.newest, data }))
            };
            let index = Window::ALL.iter().position(|known| *known == window).unwrap_or_default();
            self.cache.graphs[index].get(self.generation().await?, make).await
        };
        self.stored(graphs.await)
    }

    /// Makes in advance what visitors would otherwise wait for. Errors are logged.
    pub(crate) async fn warm_cache(&self) {
        let _ = self.graphs(Window::DEFAULT).await;
        let _ = self.insights_page().await;
    }

    /// The published pairs.
    pub(super) async fn pairs(&self) -> std::result::Result<Arc<Published>, Problem> {
        self.stored(self.published_pairs().await)
    }

    async fn published_pairs(&self) -> Result<Arc<Published>> {
        let make = async { pairs::published(&self.store, true).await.map(|made| (made.generation, made)) };
        self.cache.pairs.get(self.generation().await?, make).await
    }

    /// The insights. The detection rules are read together with what is published, so a change of theirs takes effect on
    /// the next day, or after a restart.
    pub(super) async fn insights_page(&self) -> std::result::Result<Arc<InsightsPage>, Problem> {
        let page = async {
            let published = self.published_pairs().await?;
            let make = async {
                let directory = &self.settings.definitions;
                let rules = (!directory.as_os_str().is_empty()).then(|| Detection::read(directory));
                let usable = rules.as_ref().and_then(|rules| rules.as_ref().ok());
                let insights = insights(&self.store, &published, usable).await?;
                let skipped = |rules: &Detection| rules.left_out().to_vec();
                let skipped_rules = rules.map(|rules| rules.as_ref().map(skipped).map_err(crate::log::error));
                Ok((insights.generation, InsightsPage { insights, skipped_rules }))
            };
            self.cache.insights.get(published.generation, make).await
        };
        self.stored(page.await)
    }
}
