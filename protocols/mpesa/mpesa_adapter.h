// The dialect of Safaricom's Daraja: routes, tokens, bodies; then the API that was asked for.
#pragma once

#include "protocols/adapter.h"
#include "protocols/mpesa/apps.h"
#include "protocols/mpesa/call.h"

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace tuma::mpesa {

struct Route;

/// All of Daraja's APIs; see protocols/mpesa/README.md for paths and behaviour.
class MpesaAdapter final : public protocols::Adapter {
public:
    std::string_view name() const override { return "mpesa"; }
    bool owns(std::string_view path) const override;
    bool owns(std::uint16_t order_kind) const override;
    protocols::Answer handle(const http::HttpRequest& request,
                             const protocols::Context& context) const override;
    std::optional<std::string> address(const core::Effect& effect,
                                       const protocols::Context& context) const override;
    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const override;
    std::span<const protocols::ProfileKind> profile_kinds() const override;
    std::vector<std::uint16_t> decline_codes() const override;
    std::optional<protocols::Callback> render(const core::Effect& effect,
                                              const protocols::Context& context) const override;
    protocols::Verdict judge(const core::Effect& effect,
                             const protocols::CallbackResult& result) const override;

private:
    /// What stands before every API: its method, its token, its body.
    std::optional<http::HttpReply> refused(Call& call, const Route& route) const;

    /// Profiles that are read again only when they have changed.
    template <typename Value>
    struct Kept {
        std::shared_ptr<const std::string> content;
        std::shared_ptr<const Value> value;
    };
    std::shared_ptr<const Options> options(const protocols::Directory& directory) const;
    std::shared_ptr<const CredentialReader> credentials(
        const protocols::Directory& directory) const;

    mutable std::mutex mutex_;
    mutable Kept<Options> options_;
    mutable Kept<CredentialReader> credentials_;
    AppBook apps_;
};

}  // namespace tuma::mpesa
