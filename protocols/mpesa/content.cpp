#include "protocols/mpesa/content.h"

#include "protocols/json_text.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/kinds.h"
#include "protocols/stored_json.h"

#include <array>
#include <utility>

namespace tuma::mpesa {
namespace {

struct TextMember {
    std::string_view name;
    std::string Content::*member;
};
constexpr std::array<TextMember, 12> texts{{{"oc", &Content::originator},
                                            {"cv", &Content::conversation},
                                            {"in", &Content::initiator},
                                            {"cm", &Content::command},
                                            {"sc", &Content::shortcode},
                                            {"pt", &Content::party},
                                            {"ms", &Content::msisdn},
                                            {"ur", &Content::url},
                                            {"tu", &Content::timeout_url},
                                            {"rf", &Content::reference},
                                            {"rm", &Content::remarks},
                                            {"os", &Content::occasion}}};

struct FlagMember {
    std::string_view name;
    bool Content::*member;
};
constexpr std::array<FlagMember, 3> flags{{{"till", &Content::is_till},
                                           {"unreg", &Content::is_unregistered},
                                           {"early", &Content::failed_early}}};

}  // namespace

std::string to_json(const Content& content) {
    protocols::JsonText json;
    json.begin_object();
    for (const auto& [name, member] : texts)
        if (!(content.*member).empty()) json.text(name, content.*member);
    json.number("am", content.amount);
    for (const auto& [name, member] : flags)
        if (content.*member) json.flag(name, true);
    if (!content.urls.confirmation.empty() || !content.urls.validation.empty())
        json.json("c2b", to_json(content.urls));
    if (!content.facts.empty()) {
        json.begin_object("facts");
        for (const auto& [name, value] : content.facts) json.text(name, value);
        json.end_object();
    }
    return json.end_object().take();
}

Content read_content(std::string_view text) {
    protocols::StoredJson json(text, "content");
    Content content;
    for (const auto& [name, member] : texts) content.*member = json.text_or(name, {});
    content.amount = json.number_or("am", 0);
    for (const auto& [name, member] : flags) content.*member = json.flag_or(name, false);
    if (json.has("c2b")) {
        protocols::StoredJson urls(*json.object("c2b"), "urls");
        content.urls.version = urls.number_or("version", 1);
        content.urls.silence_accepts = urls.flag_or("silence_accepts", true);
        content.urls.confirmation = urls.text_or("confirmation", {});
        content.urls.validation = urls.text_or("validation", {});
    }
    if (json.has("facts"))
        for (const auto& fact : json.object("facts")->get_object())
            content.facts.emplace(std::string(fact.key().data(), fact.key().size()),
                                  std::string(fact.value().get_string()));
    ensure(!json.error(), "an order's content is what to_json made");
    return content;
}

std::string receipt_of(const ledger::Order& order, const Content& content) {
    if (content.failed_early || is_kind(order, Kind::balance) || is_kind(order, Kind::status))
        return empty_receipt(order.opened_at);
    const bool is_prompt = is_kind(order, Kind::stk_push);
    return receipt(order.terms.id, is_prompt ? order.moved_at : order.opened_at);
}

std::string checkout_key(std::string_view checkout_request_id) {
    return "m/stk/" + std::string(checkout_request_id);
}

std::string originator_key(std::string_view shortcode, std::string_view originator) {
    return "m/oc/" + std::string(shortcode) + "/" + std::string(originator);
}

std::string conversation_key(std::string_view conversation) {
    return "m/cv/" + std::string(conversation);
}

}  // namespace tuma::mpesa
