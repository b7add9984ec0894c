#include "protocols/wechat/v3/media.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/strict_json.h"
#include "protocols/wechat/wire/replies.h"

#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>

#include <functional>
#include <string>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::string_view line_break = "\r\n";
constexpr std::string_view boundary_word = "boundary=";

std::string_view boundary_of(const http::HttpRequest& request) {
    const std::string* const type = request.find("Content-Type");
    if (type == nullptr || !type->starts_with("multipart/form-data")) return {};
    const std::size_t at = type->find(boundary_word);
    if (at == std::string::npos) return {};
    std::string_view boundary = std::string_view{*type}.substr(at + boundary_word.size());
    boundary = boundary.substr(0, boundary.find(';'));
    // It may stand in quotes.
    if (boundary.size() > 2 && boundary.front() == '"')
        boundary = boundary.substr(1, boundary.size() - 2);
    return boundary;
}

// The next part of `rest` up to the boundary, its head and its bytes; false at
// the end.
bool take_part(std::string_view& rest, const std::string& delimiter, std::string_view& head,
               std::string_view& bytes) {
    if (!rest.starts_with(line_break)) return false;
    rest.remove_prefix(line_break.size());
    const std::size_t body = rest.find("\r\n\r\n");
    const std::size_t end = rest.find("\r\n" + delimiter);
    if (body == std::string_view::npos || end == std::string_view::npos || body + 4 > end)
        return false;
    head = rest.substr(0, body);
    bytes = rest.substr(body + 4, end - body - 4);
    rest.remove_prefix(end + line_break.size() + delimiter.size());
    return true;
}

ApiError upload_error(std::string_view message) {
    return {.code = "PARAM_ERROR", .message = std::string(message)};
}

// The hash of a file that is what its meta says.
Result<std::string, ApiError> checked_hash(const Call& call) {
    const auto upload = read_upload(call.request);
    if (!upload) return upload_error("请求体应为multipart/form-data，含meta和file");
    boost::json::parse_options options;
    const auto meta = protocols::parse_strictly(upload->meta, options);
    if (!meta || !meta->is_object()) return upload_error("meta不是合法的JSON对象");
    const auto member = [&](std::string_view name) -> std::string_view {
        const auto* const value = meta->get_object().if_contains(name);
        if (value == nullptr || !value->is_string()) return {};
        return value->get_string();
    };
    if (member("filename").empty()) return upload_error("meta缺少filename");
    const crypto::Sha256 hash = crypto::sha256(upload->file);
    const std::string hex = crypto::hex_lower(std::span{hash});
    if (member("sha256") != hex) return upload_error("文件的sha256与meta不一致");
    return hex;
}

Answer tell(const CallPtr& call, std::string_view name, std::string_view front) {
    const auto hash = checked_hash(*call);
    if (!hash) return error_reply(*call, hash.error());
    protocols::JsonText json;
    json.begin_object().text(name, std::string(front) + *hash);
    return reply(*call, json.end_object().take());
}

}  // namespace

std::optional<Upload> read_upload(const http::HttpRequest& request) {
    const std::string_view boundary = boundary_of(request);
    if (boundary.empty()) return std::nullopt;
    const std::string delimiter = "--" + std::string(boundary);
    std::string_view rest = request.body;
    if (!rest.starts_with(delimiter)) return std::nullopt;
    rest.remove_prefix(delimiter.size());
    Upload upload;
    std::string_view head;
    std::string_view bytes;
    bool has_meta = false;
    bool has_file = false;
    while (take_part(rest, delimiter, head, bytes)) {
        if (head.find("name=\"meta\"") != std::string_view::npos) {
            upload.meta = bytes;
            has_meta = true;
        } else if (head.find("name=\"file\"") != std::string_view::npos) {
            upload.file = bytes;
            has_file = true;
        }
    }
    if (!has_meta || !has_file) return std::nullopt;
    return upload;
}

Answer upload_media(const CallPtr& call) {
    return tell(call, "media_id", "tuma_");
}

Answer upload_marketing_image(const CallPtr& call) {
    return tell(call, "media_url", "https://wxpaylogo.qpic.cn/tuma/");
}

}  // namespace tuma::wechat
