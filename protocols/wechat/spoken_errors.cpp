#include "protocols/wechat/spoken_errors.h"

#include "protocols/kit/route_table.h"
#include "protocols/wechat/dialect.h"
#include "protocols/wechat/v2/v2_errors.h"
#include "protocols/wechat/v2/v2_routes.h"
#include "protocols/wechat/wire/replies.h"

#include <algorithm>
#include <vector>

namespace tuma::wechat {
namespace {

std::vector<std::string_view> codes(bool of_v3, bool of_v2) {
    std::vector<std::string_view> codes;
    if (of_v3)
        for (const ErrorRow& row : error_table()) codes.push_back(row.code);
    if (of_v2)
        for (const V2ErrorRow& row : v2_error_table())
            // Some codes are in both versions and are listed once.
            if (std::find(codes.begin(), codes.end(), row.code) == codes.end())
                codes.push_back(row.code);
    return codes;
}

bool is_of_v3(std::string_view code) {
    return find_error(code) != nullptr;
}

bool is_of_v2(std::string_view code) {
    return find_v2_error(code) != nullptr;
}

bool is_of_either(std::string_view code) {
    return is_of_v3(code) || is_of_v2(code);
}

}  // namespace

const SpokenErrors& spoken_errors(std::string_view path) {
    // Made once: the lists depend on nothing but the tables.
    static const SpokenErrors v3{codes(true, false), is_of_v3, true};
    static const SpokenErrors v2{codes(false, true), is_of_v2, false};
    static const SpokenErrors either{codes(true, true), is_of_either, true};
    if (is_v2_path(path)) return v2;
    // A rule without a path may meet requests of both versions.
    return protocols::begins_with_any(path, dialect.paths) ? v3 : either;
}

}  // namespace tuma::wechat
