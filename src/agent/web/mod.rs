//! The preview page for one install: on loopback with a token, or behind LibreNMS's own login through a Unix socket.
//!
//! [`connections`] takes connections, [`guard`] lets requests in or not, [`routes`] says what there is to ask, [`service`]
//! answers, [`snapshots`] keeps what was previewed, [`files`] are the page's own files.

pub(crate) mod files;
pub(crate) mod guard;
pub(crate) mod listen;
pub(crate) mod routes;
pub(crate) mod service;
pub(crate) mod snapshots;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use guard::Guard;
use service::PreviewService;
use std::future::Future;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A loopback address; port 0 takes a free one.
    Loopback(SocketAddr),
    /// A Unix socket, behind a web server that lets administrators through and nobody else.
    Socket {
        /// Its file.
        file: PathBuf,
        /// The origin under which browsers see it, as in `https://librenms.example.org`.
        origin: String,
        /// The path under which they see it, as in `/callback`.
        base: String,
    },
}

/// A page that listens, and answers once it is [run](Page::run).
pub(crate) struct Page {
    listener: Listener,
    guard: Guard,
    address: String,
}

enum Listener {
    Loopback(TcpListener),
    Socket(UnixListener, PathBuf),
}

impl Page {
    /// Starts to listen.
    pub(crate) async fn listen(place: &Place) -> Result<Self> {
        match place {
            Place::Loopback(address) => {
                if !address.ip().is_loopback() {
                    return Err(Error::new(
                        Code::ListenNotLoopback,
                        "the preview listens on loopback addresses only; to reach it from elsewhere use `ssh -L`, or --socket \
                         behind LibreNMS's login",
                    ));
                }
                let cannot = |error: &std::io::Error| {
                    Error::new(
                        Code::ListenFailed,
                        format!("cannot listen on {address}: {}; choose another with --listen", why(error)),
                    )
                };
                let listener = TcpListener::bind(address).await.map_err(|error| cannot(&error))?;
                let address = listener.local_addr().map_err(|error| cannot(&error))?;
                let token = guard::new_token()?;
                Ok(Self {
                    guard: Guard::loopback(address, &token),
                    // The part after # is never sent anywhere.
                    address: format!("http://{address}/#token={token}"),
                    listener: Listener::Loopback(listener),
                })
            }
            Place::Socket { file, origin, base } => {
                let guard = Guard::proxy(origin, base)?;
                let address = format!("{origin}{}/", guard.base());
                Ok(Self { listener: Listener::Socket(socket(file)?, file.clone()), guard, address })
            }
        }
    }

    /// The address to open; on loopback with the token in it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Answers until `stop` is done, or until nobody has asked for anything for as long as `idle`.
    pub(crate) async fn run(self, service: PreviewService, idle: Option<Duration>, stop: impl Future<Output = ()>) {
        let module = service.module();
        let (jobs, mut asked) = mpsc::channel::<service::Job>(64);
        let service = Rc::new(service);
        let dispatcher = routes::Dispatcher::new(jobs);
        let router = routes::router(dispatcher.clone(), self.guard, module);
        // What is asked is answered on this thread, one request beside the other: a report that waits for its next try
        // must not hold up the switch that stops it.
        let local = LocalSet::new();
        local.spawn_local(async move {
            while let Some(job) = asked.recv().await {
                tokio::task::spawn_local(job(Rc::clone(&service)));
            }
        });
        let serve = async {
            match self.listener {
                Listener::Loopback(listener) => listen::serve(listener, router).await,
                Listener::Socket(listener, file) => {
                    let _removed = RemovedAtEnd(file);
                    listen::serve(listener, router).await;
                }
            }
        };
        local
            .run_until(async {
                tokio::select! {
                    () = serve => {}
                    () = stop => {}
                    () = dispatcher.quiet_for(idle) => {}
                }
            })
            .await;
    }
}

/// A socket's file goes with its listener.
struct RemovedAtEnd(PathBuf);

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes a socket that its owner and its group may use, and nobody else.
fn socket(file: &Path) -> Result<UnixListener> {
    let cannot =
        |what: &str| Error::new(Code::SocketFailed, format!("cannot create the socket {}: {what}", file.display()));
    if let Ok(found) = std::fs::symlink_metadata(file) {
        if !found.file_type().is_socket() {
            return Err(cannot("another file exists there"));
        }
        if std::os::unix::net::UnixStream::connect(file).is_ok() {
            return Err(cannot("another preview is listening there"));
        }
        // Left over by one that was killed.
        std::fs::remove_file(file).map_err(|error| cannot(why(&error)))?;
    }
    // From its first moment.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o117));
    let listener = UnixListener::bind(file);
    rustix::process::umask(before);
    listener.map_err(|error| cannot(why(&error)))
}
