// API v3: files that a merchant uploads, as multipart/form-data.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/wire/call.h"

#include <optional>
#include <string_view>

namespace tuma::wechat {

/// What a multipart body holds; views into the request.
struct Upload {
    std::string_view meta;  ///< JSON with filename and sha256; the one part that is signed
    std::string_view file;
};
/// Nothing for a request that is no multipart/form-data with the parts "meta"
/// and "file". Source: WeChat Pay API v3, uploads.
std::optional<Upload> read_upload(const http::HttpRequest& request);

/// POST /v3/merchant/media/upload, video_upload: a media_id, made of the file's
/// hash. Nothing of the file is kept.
protocols::Answer upload_media(const CallPtr& call);
/// POST /v3/marketing/favor/media/image-upload: an address instead.
protocols::Answer upload_marketing_image(const CallPtr& call);

}  // namespace tuma::wechat
