//! The preview page for one install: on a loopback address with a token, or through a Unix socket behind LibreNMS's
//! login.
//!
//! [`listen`] accepts connections, [`guard`] checks requests, [`routes`] has the routes, [`service`] answers them,
//! [`snapshots`] keeps previewed facts, and [`files`] has the page's own files.

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

/// The address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A loopback address; port 0 picks a free one.
    Loopback(SocketAddr),
    /// A Unix socket behind a web server that admits administrators only.
    Socket {
        file: PathBuf,
        /// The public origin, for example `https://librenms.example.org`.
        origin: String,
        /// The public path, for example `/callback`.
        base: String,
    },
}

/// A listening page, which answers once it is [run](Page::run).
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
                        format!("cannot listen on {address}: {}; choose a different one with --listen", why(error)),
                    )
                };
                let listener = TcpListener::bind(address).await.map_err(|error| cannot(&error))?;
                let address = listener.local_addr().map_err(|error| cannot(&error))?;
                let token = guard::new_token()?;
                Ok(Self {
                    guard: Guard::loopback(address, &token),
                    // Browsers never send the part after # anywhere.
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

    /// The URL to open; on loopback it includes the token.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Answers requests until `stop` completes, or until there was no request for `idle`.
    pub(crate) async fn run(self, service: PreviewService, idle: Option<Duration>, stop: impl Future<Output = ()>) {
        let module = service.module();
        let (jobs, mut asked) = mpsc::channel::<service::Job>(64);
        let service = Rc::new(service);
        let dispatcher = routes::Dispatcher::new(jobs);
        let router = routes::router(dispatcher.clone(), self.guard, module);
        // Requests run concurrently on this thread: a report that waits for a retry must not delay the request to opt
        // out.
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
                    () = dispatcher.idle_for(idle) => {}
                }
            })
            .await;
    }
}

/// Removes a socket's file when dropped.
struct RemovedAtEnd(PathBuf);

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Creates a socket that only its owner and group can use.
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
        // A killed process left it behind.
        std::fs::remove_file(file).map_err(|error| cannot(why(&error)))?;
    }
    // Sets the mode at creation, not afterwards.
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o117));
    let listener = UnixListener::bind(file);
    rustix::process::umask(before);
    listener.map_err(|error| cannot(why(&error)))
}
