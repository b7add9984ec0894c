#include "loadgen/merchants/client_file.h"

#include "ledger/words/input_file.h"
#include "loadgen/merchants/json_member.h"
#include "protocols/wechat/wire/encrypted_resource.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

/// One file whose members are texts.
class Facts {
public:
    static Result<Facts> read(const std::filesystem::path& path) {
        auto text = read_text_file(path);
        if (!text) return text.error();
        auto object = read_object(*text);
        if (!object) return InputError{path.string(), "is not a JSON object"};
        return Facts(path.string(), *std::move(object));
    }

    /// Puts the members named into the texts; the first that is no text is the error.
    std::optional<InputError> take(
        std::initializer_list<std::pair<std::string_view, std::string*>> wanted) const {
        for (const auto& [name, text] : wanted) {
            const json::value* found = object_.if_contains(name);
            // With the file: a member's name alone does not say where to look.
            if (found == nullptr || !found->is_string())
                return InputError{std::string(name), fmt::format("is no text in {}", path_)};
            *text = std::string_view(found->get_string());
        }
        return std::nullopt;
    }

private:
    Facts(std::string path, json::object object)
        : path_(std::move(path)), object_(std::move(object)) {}

    std::string path_;
    json::object object_;
};

/// Reads the key file by `read` and names it in the error.
template <typename Key>
Result<Key> read_key(const std::string& path, Result<Key> (*read)(std::string_view)) {
    auto text = read_text_file(path);
    if (!text) return text.error();
    auto key = read(*text);
    // The reader of keys does not know where its text is from.
    if (!key) return InputError{path, key.error().reason};
    return key;
}

}  // namespace

Result<MpesaClient> read_mpesa_client(const std::filesystem::path& path) {
    const auto facts = Facts::read(path);
    if (!facts) return facts.error();
    MpesaClient client;
    if (auto wrong = facts->take({{"consumer_key", &client.consumer_key},
                                  {"consumer_secret", &client.consumer_secret},
                                  {"shortcode", &client.shortcode},
                                  {"passkey", &client.passkey}}))
        return *wrong;
    return client;
}

Result<WechatClient> read_wechat_client(const std::filesystem::path& path) {
    const auto facts = Facts::read(path);
    if (!facts) return facts.error();
    std::string mchid;
    std::string appid;
    std::string apiv3_key;
    std::string serial_no;
    std::string private_key_file;
    std::string platform_serial;
    std::string certificate_file;
    std::string public_key_id;
    std::string public_key_file;
    if (auto wrong = facts->take({{"mchid", &mchid},
                                  {"appid", &appid},
                                  {"apiv3_key", &apiv3_key},
                                  {"serial_no", &serial_no},
                                  {"private_key_file", &private_key_file},
                                  {"platform_serial", &platform_serial},
                                  {"platform_certificate_file", &certificate_file},
                                  {"public_key_id", &public_key_id},
                                  {"public_key_file", &public_key_file}}))
        return *wrong;
    const auto secret = wechat::read_apiv3_key(apiv3_key);
    if (!secret) return secret.error();
    auto merchant = read_key(private_key_file, &crypto::PrivateKey::read);
    if (!merchant) return merchant.error();
    // The platform may sign with either of its keys and names it in each message, so that both are
    // needed.
    auto certified = read_key(certificate_file, &crypto::PublicKey::read);
    if (!certified) return certified.error();
    auto named = read_key(public_key_file, &crypto::PublicKey::read);
    if (!named) return named.error();
    return WechatClient{.mchid = std::move(mchid),
                        .appid = std::move(appid),
                        .apiv3_key = *secret,
                        .merchant = {std::move(serial_no), std::move(merchant).value()},
                        .platform = {{std::move(platform_serial), std::move(certified).value()},
                                     {std::move(public_key_id), std::move(named).value()}}};
}

Result<MomoClient> read_momo_client(const std::filesystem::path& path) {
    const auto facts = Facts::read(path);
    if (!facts) return facts.error();
    MomoClient client;
    if (auto wrong = facts->take({{"target_environment", &client.target_environment},
                                  {"currency", &client.currency},
                                  {"api_user", &client.api_user},
                                  {"api_key", &client.api_key},
                                  {"collection_key", &client.collection_key}}))
        return *wrong;
    return client;
}

}  // namespace tuma::loadgen
