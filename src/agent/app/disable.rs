//! Opting out.

use crate::code::Code;
use crate::error::Result;
use crate::store::State;
use crate::store::consent::Consent;
use callback_protocol::agent_api::{ConsentState, Disabled};
use std::path::Path;

/// Withdraws consent. It needs neither the install nor the module nor a readable state, because opting out must always
/// be possible. If the ledger cannot be written, the file `off` blocks reports.
pub(crate) async fn disable(directory: &Path, who: Option<&str>) -> Result<Disabled> {
    State::create_off_file(directory)?;
    let recorded = async {
        let mut state = State::open(directory).await?;
        Consent::withdraw(&mut state, who).await?;
        state.close().await
    };
    let not_recorded = recorded.await.err().map(|error| error.to_string());
    Ok(Disabled {
        code: Code::ConsentWithdrawn.into(),
        consent: ConsentState::Off,
        recorded: not_recorded.is_none(),
        problem: not_recorded.clone(),
        not_recorded,
    })
}
