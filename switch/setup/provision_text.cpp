#include "switch/setup/provision_text.h"

#include "switch/setup/dialects.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tuma {
namespace {

namespace json = boost::json;

constexpr std::string_view heading =
    "# What tuma has where no provisioning file says otherwise. Change it, and start with\n"
    "#     tuma serve --data=DIR --http=HOST:PORT --provision=FILE.toml\n"
    "# Lines may be left out: a member that is missing has its default, and a file without any\n"
    "# merchants keeps these. All keys and passwords are published test values.\n";

// A text, number or flag looks alike in JSON and in TOML.
std::string value_text(const json::value& value) {
    std::string text;
    if (const auto* const list = value.if_array()) {
        for (const json::value& one : *list) text += (text.empty() ? "" : ", ") + value_text(one);
        return "[" + text + "]";
    }
    const auto* const object = value.if_object();
    if (object == nullptr) return json::serialize(value);
    for (const auto& member : *object)
        text += fmt::format("{}{} = {}", text.empty() ? "" : ", ",
                            std::string_view{member.key().data(), member.key().size()},
                            value_text(member.value()));
    return text.empty() ? "{}" : "{ " + text + " }";
}

std::string table_text(const protocols::DefaultTable& table) {
    // Of options there is one table, of everything else there may be more.
    const bool is_single = table.name.ends_with(".options");
    std::string text =
        is_single ? fmt::format("\n[{}]\n", table.name) : fmt::format("\n[[{}]]\n", table.name);
    const json::value members = json::parse(table.json);
    for (const auto& member : members.as_object()) {
        const std::string_view key{member.key().data(), member.key().size()};
        const auto said = std::find_if(table.sentences.begin(), table.sentences.end(),
                                       [&](const auto& one) { return one.first == key; });
        if (said != table.sentences.end()) text += fmt::format("# {}\n", said->second);
        text += fmt::format("{} = {}\n", key, value_text(member.value()));
    }
    return text;
}

}  // namespace

std::string default_provision_text() {
    std::string text(heading);
    for (const protocols::DialectInfo* const dialect : dialect_list())
        for (const protocols::DefaultTable& table : dialect->default_tables())
            text += table_text(table);
    return text;
}

}  // namespace tuma
