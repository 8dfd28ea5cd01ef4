//! What is made of everything that is published lasts until that changes: all graphs, pairs with the days since when they
//! are shown, and what to do next come from all days that are kept, too much to read for every visitor.

use super::Receiver;
use super::problem::Problem;
use crate::day::Day;
use crate::error::Result;
use crate::fixtures::detect::Detection;
use crate::publish::charts::{CHARTS, Chart};
use crate::publish::insights::{Insights, insights};
use crate::publish::pairs::{self, Published};
use crate::publish::view::{ChartData, View, Window};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Something with the generation of what is published that it was made of.
struct Made<T> {
    made: Mutex<Option<(i64, Arc<T>)>>,
}

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self { made: Mutex::new(None) }
    }
}

impl<T> Made<T> {
    /// What was made of this generation; else it is made now, while others who ask wait for it.
    async fn of(&self, generation: i64, make: impl Future<Output = Result<(i64, T)>>) -> Result<Arc<T>> {
        let mut made = self.made.lock().await;
        if let Some((of, made)) = &*made
            && *of == generation
        {
            return Ok(Arc::clone(made));
        }
        let (of, new) = make.await?;
        let new = Arc::new(new);
        *made = Some((of, Arc::clone(&new)));
        Ok(new)
    }
}

/// What lasts.
#[derive(Default)]
pub(super) struct Lasting {
    /// For each window.
    graphs: [Made<Graphs>; Window::ALL.len()],
    pairs: Made<Published>,
    next: Made<Next>,
}

/// The data of all graphs.
pub(super) struct Graphs {
    /// The newest day that is published.
    pub(super) newest: Option<Day>,
    /// Each chart's.
    pub(super) data: Vec<(&'static Chart, ChartData)>,
}

/// What to do next.
#[derive(Default)]
pub(super) struct Next {
    /// The lists.
    pub(super) insights: Insights,
    /// Whether the setting `definitions` names rules that can be read; nothing where it names none.
    pub(super) rules: Option<std::result::Result<Vec<String>, ()>>,
}

impl Receiver {
    /// The data of all graphs.
    pub(super) async fn graphs(&self, window: Window) -> std::result::Result<Arc<Graphs>, Problem> {
        let graphs = async {
            let generation = self.store.publication().await?.generation;
            let make = async {
                let charts: Vec<&'static Chart> = CHARTS.iter().collect();
                let view = View::of(&self.store, window, &charts).await?;
                let data = charts.into_iter().map(|chart| (chart, view.chart(chart))).collect();
                Ok((view.generation, Graphs { newest: view.newest, data }))
            };
            let at = Window::ALL.iter().position(|known| *known == window).unwrap_or_default();
            self.lasting.graphs[at].of(generation, make).await
        };
        self.stored(graphs.await)
    }

    /// Makes what visitors would wait for; what goes wrong is logged.
    pub(super) async fn make_lasting(&self) {
        let _ = self.graphs(Window::DEFAULT).await;
        let _ = self.what_is_next().await;
    }

    /// The pairs that are published.
    pub(super) async fn pairs(&self) -> std::result::Result<Arc<Published>, Problem> {
        self.stored(self.published_pairs().await)
    }

    async fn published_pairs(&self) -> Result<Arc<Published>> {
        let generation = self.store.publication().await?.generation;
        let make = async { pairs::published(&self.store, true).await.map(|made| (made.generation, made)) };
        self.lasting.pairs.of(generation, make).await
    }

    /// What to do next. The detection rules are read with what is published, so a change of theirs counts from the next
    /// day on, or a restart.
    pub(super) async fn what_is_next(&self) -> std::result::Result<Arc<Next>, Problem> {
        let next = async {
            let published = self.published_pairs().await?;
            let make = async {
                let folder = &self.settings.definitions;
                let rules = (!folder.as_os_str().is_empty()).then(|| Detection::read(folder));
                let insights =
                    insights(&self.store, &published, rules.as_ref().and_then(|rules| rules.as_ref().ok())).await?;
                let rules = rules.map(|rules| match rules {
                    Ok(rules) => Ok(rules.left_out().to_vec()),
                    Err(error) => {
                        crate::log::error(&error);
                        Err(())
                    }
                });
                Ok((insights.generation, Next { insights, rules }))
            };
            self.lasting.next.of(published.generation, make).await
        };
        self.stored(next.await)
    }
}
