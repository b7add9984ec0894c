// Carries out a provision: opens and funds accounts, stores profiles, fills the directory.
#pragma once

#include "protocols/kit/directory.h"
#include "protocols/kit/provision.h"
#include "switch/core/switch.h"
#include "switch/engine/engine.h"

namespace tuma {

/// Puts what the journal already holds into the directory: profiles, and each scheme as the profile
/// "scheme/NAME", JSON {"id":1,"currency":"KES","classes":{"customer":0}}, which dialects open
/// accounts by and which is in the directory only.
void fill_directory(protocols::Directory& directory, const core::Switch& core);

/// Opens each account that is not there and funds it in the same batch, stores each profile that is
/// not there with the same content, and tells the directory. What is there is left as it is.
/// Throws std::runtime_error when the switch refuses something; the message names it.
/// Requires: the engine has not been started; the schemes are loaded; `fill_directory`.
void provide(net::Engine& engine, const core::Switch& core, protocols::Directory& directory,
             const protocols::Provision& provision);

}  // namespace tuma
