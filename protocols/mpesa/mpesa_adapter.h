// The dialect of Safaricom's Daraja: routes, tokens, bodies; then the API that was asked for.
#pragma once

#include "protocols/kit/cached.h"
#include "protocols/kit/dialect.h"
#include "protocols/mpesa/wire/apps.h"
#include "protocols/mpesa/wire/call.h"
#include "protocols/mpesa/wire/replies.h"

#include <optional>
#include <string>
#include <vector>

namespace tuma::mpesa {

/// All of Daraja's APIs; see protocols/mpesa/README.md for paths and behaviour.
class MpesaAdapter final : public protocols::ListedAdapter {
public:
    MpesaAdapter();

    protocols::Answer handle(const http::HttpRequest& request,
                             const protocols::Context& context) const override;
    std::vector<protocols::OfferedCall> calls(const protocols::Directory& directory) const override;
    std::optional<std::string> address(const core::Effect& effect,
                                       const protocols::Context& context) const override;
    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const override;
    http::HttpReply too_many_requests(const http::HttpRequest& request) const override;
    std::optional<protocols::Callback> render(const core::Effect& effect,
                                              const protocols::Context& context) const override;
    protocols::Verdict judge(const core::Effect& effect,
                             const protocols::CallbackResult& result) const override;

private:
    /// What stands before every API: its token, its body.
    std::optional<http::HttpReply> refused(Call& call, Product product) const;

    protocols::Cached<Options> options_;
    protocols::Cached<CredentialReader> credentials_;
    AppBook apps_;
    mutable RecentCalls recent_;
};

}  // namespace tuma::mpesa
