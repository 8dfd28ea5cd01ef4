//! What restoring a backup would do.

use super::access::same;
use super::decisions::{self, Decisions};
use super::read;
use super::retry::TxError;
use super::tx::Tx;
use crate::code::Code;
use crate::day::Day;
use crate::error::Error;
use crate::key::InstallKey;

/// How much a database holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Installs.
    pub installs: i64,
    /// Reports.
    pub reports: i64,
    /// Days of the first and the last report.
    pub days: Option<(Day, Day)>,
}

/// What a restore would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestorePlan {
    /// What the database holds; `None` if there is none.
    pub current: Option<Extent>,
    /// What it would hold.
    pub restored: Extent,
    /// Installs in the backup that were deleted since, and stay deleted.
    pub stay_deleted: u64,
}

/// How much a database holds.
pub(super) async fn extent(tx: &mut Tx<'_>) -> Result<Extent, TxError> {
    let sql = "SELECT (SELECT COUNT(*) FROM installs) AS installs, (SELECT COUNT(*) FROM reports) AS reports, \
               (SELECT MIN(day) FROM reports) AS first, (SELECT MAX(day) FROM reports) AS last";
    let row = tx.query(sql).one().await?;
    let day = |column: &str| row.get::<Option<i32>>(column).map(Day);
    let days = day("first").zip(day("last"));
    Ok(Extent { installs: row.get("installs"), reports: row.get("reports"), days })
}

/// What a restore would replace, and what was decided there.
pub(super) async fn replaced(tx: &mut Tx<'_>, key: &InstallKey) -> Result<(Option<Extent>, Decisions), TxError> {
    if !read::has_data(tx).await? {
        return Ok((None, Decisions::default()));
    }
    let stored: Vec<u8> = tx.query("SELECT key_check FROM state").value().await?;
    if !same(&key.check_value(), &stored) {
        return Err(Error::from(Code::KeyMismatch).into());
    }
    Ok((Some(extent(tx).await?), decisions::decisions(tx).await?))
}
