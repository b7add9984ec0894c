// The dialect of WeChat Pay: signatures, bodies; then the API that was asked for.
#pragma once

#include "protocols/adapter.h"
#include "protocols/wechat/call.h"
#include "protocols/wechat/known_keys.h"

#include <memory>
#include <mutex>
#include <optional>

namespace tuma::wechat {

/// All of API v3 and v2; see protocols/wechat/README.md for paths and behaviour.
class WechatAdapter final : public protocols::Adapter {
public:
    std::string_view name() const override { return "wechat"; }
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
    std::shared_ptr<const Options> options(const protocols::Directory& directory) const;
    protocols::Answer handle_v3(const std::shared_ptr<Call>& call) const;
    /// Who has signed the request, or the reply that nobody has.
    std::optional<http::HttpReply> identify(Call& call) const;

    mutable KnownKeys keys_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const std::string> options_content_;
    mutable std::shared_ptr<const Options> options_;
};

}  // namespace tuma::wechat
