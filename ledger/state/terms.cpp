// Schemes by number, terms by account.
#include "ledger/state/terms.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace tuma::ledger {
namespace {

// An account's terms as they are saved.
struct SavedTerms {
    AccountId account;
    SchemeId scheme;
    std::uint8_t account_class = 0;
    std::uint8_t reserved = 0;
    AccountId payout;
};
static_assert(std::has_unique_object_representations_v<SavedTerms>);

SchemeLoaded read_saved_scheme(ByteSource& source) {
    std::vector<std::byte> bytes(sizeof(SchemeHead));
    source.read(bytes);
    SchemeHead head;
    std::memcpy(&head, bytes.data(), sizeof head);
    // A damaged size below that of the head must not cut the head off.
    bytes.resize(std::max<std::size_t>(head.size, bytes.size()));
    source.read(std::span{bytes}.subspan(sizeof head));
    std::span<const std::byte> left = bytes;
    Result<Event> event = take_event(left);
    if (!event) throw StateError("a scheme in the saved state: " + event.error().text());
    const auto* const loaded = std::get_if<SchemeLoaded>(&*event);
    if (loaded == nullptr) throw StateError("a scheme in the saved state is another record");
    return *loaded;
}

}  // namespace

const SchemeLoaded* Terms::find(SchemeId id) const {
    if (!id || id.value > schemes_.size()) return nullptr;
    return &schemes_[id.value - 1U];
}

SchemeId Terms::find(const Identity& name) const {
    // There are few schemes: a walk is as quick as a map.
    const auto found =
        std::find_if(schemes_.begin(), schemes_.end(),
                     [&name](const SchemeLoaded& scheme) { return scheme.head.name == name; });
    return found == schemes_.end() ? SchemeId{} : found->head.id;
}

const AccountTerms* Terms::find(AccountId account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? nullptr : &found->second;
}

SchemeId Terms::id_for(const Identity& name) const {
    const SchemeId found = find(name);
    // Nothing, once all numbers are taken.
    if (found || schemes_.size() == std::numeric_limits<std::uint16_t>::max()) return found;
    return SchemeId{static_cast<std::uint16_t>(schemes_.size() + 1)};
}

void Terms::apply(const SchemeLoaded& loaded) {
    const SchemeId id = loaded.head.id;
    ensure(id && id == id_for(loaded.head.name), "schemes are numbered in order of first loading");
    if (id.value > schemes_.size()) schemes_.emplace_back();
    SchemeLoaded& newest = schemes_[id.value - 1U];
    newest = loaded;
    // Decided and replayed alike, whoever made the record.
    newest.head = sized_head(loaded);
}

void Terms::apply(const AccountOpened& opened) {
    if (!opened.scheme) return;
    ensure(find(opened.scheme) != nullptr, "an account under a scheme that was never loaded");
    accounts_.emplace(opened.id, AccountTerms{opened.scheme, opened.account_class, opened.payout});
}

std::optional<std::string> Terms::violation(const SchemeLoaded& loaded) const {
    const SchemeHead& head = loaded.head;
    if (!head.id || head.id != id_for(head.name))
        return fmt::format("scheme {}: {} has or would get number {}", head.id.value,
                           text(head.name), id_for(head.name).value);
    // Accounts keep their scheme's number. Another currency would make it mean other money.
    const SchemeLoaded* before = find(head.id);
    if (before != nullptr && before->head.currency != head.currency)
        return fmt::format("scheme {}: currency {} where the version before has {}", head.id.value,
                           alphabetic_code(head.currency), alphabetic_code(before->head.currency));
    return std::nullopt;
}

std::optional<std::string> Terms::violation(const AccountOpened& opened) const {
    if (!opened.scheme || find(opened.scheme) != nullptr) return std::nullopt;
    return fmt::format("account {}: scheme {} was never loaded", opened.id.value,
                       opened.scheme.value);
}

void Terms::save(ByteSink& sink) const {
    write_value(sink, std::uint64_t{schemes_.size()});
    // As records of the journal, so that there is one writer and one reader of them.
    for (const SchemeLoaded& scheme : schemes_) {
        std::vector<std::byte> bytes;
        append(bytes, scheme);
        sink.write(bytes);
    }
    std::vector<SavedTerms> saved;
    saved.reserve(accounts_.size());
    for (const auto& [account, terms] : accounts_)
        saved.push_back({account, terms.scheme, terms.account_class, 0, terms.payout});
    std::sort(saved.begin(), saved.end(),
              [](const SavedTerms& a, const SavedTerms& b) { return a.account < b.account; });
    write_value(sink, std::uint64_t{saved.size()});
    sink.write(std::as_bytes(std::span{saved}));
}

void Terms::load(ByteSource& source) {
    ensure(schemes_.empty() && accounts_.empty(), "loading into terms that are in use");
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const SchemeLoaded loaded = read_saved_scheme(source);
        if (loaded.head.id.value != schemes_.size() + 1)
            throw StateError("the schemes in the saved state are not in order");
        // A saved state stands in for a replay, so that it is held to the same.
        if (const auto why = violation(loaded)) throw StateError("in the saved state, " + *why);
        apply(loaded);
    }
    AccountId last;
    const auto count = read_value<std::uint64_t>(source);
    read_pieces<SavedTerms>(source, count, [&](std::span<const SavedTerms> piece) {
        for (const SavedTerms& saved : piece) {
            if (saved.account <= std::exchange(last, saved.account) || saved.reserved != 0 ||
                find(saved.scheme) == nullptr)
                throw StateError("an account's terms in the saved state make no sense");
            accounts_.emplace(saved.account,
                              AccountTerms{saved.scheme, saved.account_class, saved.payout});
        }
    });
}

}  // namespace tuma::ledger
