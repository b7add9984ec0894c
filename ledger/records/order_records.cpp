#include "ledger/records/order_records.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tuma::ledger {
namespace {

static_assert(std::has_unique_object_representations_v<OrderTerms>);
static_assert(std::has_unique_object_representations_v<OrderMoveHead>);
static_assert(std::has_unique_object_representations_v<NoticeMoved>);
static_assert(std::has_unique_object_representations_v<ProfileHead>);
static_assert(std::has_unique_object_representations_v<WatchedBalance>);

static_assert(filled(sizeof(OrderTerms) + order_keys_max * (2 + order_key_bytes_max) +
                     order_content_max) <= 0xFFFF);
static_assert(filled(sizeof(ProfileHead) + profile_name_max + profile_content_max) <= 0xFFFF);

template <typename Value>
void put(std::vector<std::byte>& bytes, const Value& value) {
    const auto view = std::as_bytes(std::span{&value, 1});
    bytes.insert(bytes.end(), view.begin(), view.end());
}

void put_text(std::vector<std::byte>& bytes, std::string_view text) {
    const auto view = std::as_bytes(std::span{text});
    bytes.insert(bytes.end(), view.begin(), view.end());
}

void fill_up(std::vector<std::byte>& bytes, std::size_t begin) {
    // Counted from the record's own front: what stood in the buffer before it may end anywhere.
    bytes.resize(begin + filled(bytes.size() - begin));
}

std::size_t body_bytes(const OrderOpened& record) {
    std::size_t bytes = sizeof(OrderTerms) + record.content.size();
    for (const std::string& key : record.keys) bytes += sizeof(std::uint16_t) + key.size();
    return bytes;
}

// Takes a record's parts off one after the other; remembers whether any was missing.
class Parts {
public:
    explicit Parts(std::span<const std::byte> bytes) : left_(bytes) {}

    template <typename Value>
    void take(Value& value) {
        // One thing missing spoils all that follows, so nothing after it is read from the wrong
        // place.
        if (left_.size() < sizeof value) return fail();
        std::memcpy(&value, left_.data(), sizeof value);
        left_ = left_.subspan(sizeof value);
    }

    std::string take_text(std::size_t size) {
        if (left_.size() < size) {
            fail();
            return {};
        }
        std::string text(size, '\0');
        if (size > 0) std::memcpy(text.data(), left_.data(), size);
        left_ = left_.subspan(size);
        return text;
    }

    /// Nothing was missing and what is left is less than 8 zeros.
    bool ends_well() const {
        // Eight or more zeros would be a part that nobody declared.
        return !failed_ && left_.size() < 8 &&
               std::all_of(left_.begin(), left_.end(),
                           [](std::byte b) { return b == std::byte{}; });
    }

private:
    void fail() {
        failed_ = true;
        // Nothing left means that every later part fails too, without an error of its own.
        left_ = {};
    }

    std::span<const std::byte> left_;
    bool failed_ = false;
};

using Fault = std::optional<InputError>;

// Reads the head and finds the record's bytes.
template <typename Head>
Fault take_head(std::span<const std::byte> bytes, Head& head) {
    const Head fresh;
    if (bytes.size() < sizeof head)
        return InputError{"record", "fewer bytes than a record of this kind"};
    // Copied, not pointed at: records lie in buffers of bytes without alignment.
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.version != fresh.version) return InputError{"version", "is not known"};
    // A size below the head's own would make the reader go round in place.
    if (head.size < sizeof head || head.size % 8 != 0 || head.size > bytes.size())
        return InputError{"size", "is not the size of this record"};
    return {};
}

bool is_channel(const NoticeChannel& channel) {
    return channel.when <= NoticeWhen::asked && channel.schedule != 0 &&
           channel.fault <= NoticeFault::twice && channel.reserved == 0;
}

bool counts_months(std::uint16_t flags) {
    return (flags >> 7U & 7U) >= static_cast<unsigned>(RepeatPeriod::month);
}

// Whether the order can come again, and says when.
bool is_repeat(const OrderTerms& terms) {
    return can_repeat(terms) && terms.acts_at > 0 && terms.acts_at <= terms.expires_at;
}

Fault check(const OrderTerms& terms) {
    // Enumerated, not masked: a flag that is added elsewhere and forgotten here is refused by the
    // first test that uses it.
    constexpr std::uint16_t flags_known = order_flag_exclusive | order_flag_ask_merchant |
                                          order_flag_silence_accepts | order_flag_keeps_open |
                                          order_flag_group | order_flag_member |
                                          order_flag_repeats | repeat_bits;
    if (terms.purpose < Purpose::issue || terms.purpose > Purpose::bank_transfer)
        return InputError{"purpose", "is not a purpose of a transfer"};
    if (terms.action > CustomerAction::decline)
        return InputError{"action", "is not what a customer does"};
    // Zero is allowed: an enquiry is an order that moves nothing.
    if (terms.amount < 0) return InputError{"amount", "is negative"};
    if (!find_currency(static_cast<std::uint16_t>(terms.currency)))
        return InputError{"currency", "is not in the table"};
    if (terms.key_count > order_keys_max) return InputError{"keys", "are too many"};
    if (terms.watched_count > watched_accounts_max) return InputError{"watched", "are too many"};
    if ((terms.flags & ~flags_known) != 0) return InputError{"flags", "unknown flags must be zero"};
    if ((terms.flags & (order_flag_repeats | repeat_bits)) != 0 && !is_repeat(terms))
        return InputError{"flags", "are not those of an order that repeats"};
    if (terms.content_bytes > order_content_max) return InputError{"content", "is too long"};
    // Only names of tables are checked here. Whether a channel makes sense is the core's to say
    // when it is opened.
    if (!std::all_of(terms.channels.begin(), terms.channels.end(), is_channel))
        return InputError{"channels", "are not in their tables"};
    return {};
}

Fault check(const OrderMoveHead& head) {
    if (head.state < OrderState::awaiting_customer || head.state > OrderState::expired)
        return InputError{"state", "is not a state of an order"};
    if (head.watched_count > watched_accounts_max) return InputError{"watched", "are too many"};
    // "none" is a row of the table too, so moves without a refusal pass.
    if (find_refusal(static_cast<std::uint16_t>(head.refusal)) == nullptr)
        return InputError{"refusal", "is not a refusal"};
    if (head.answer_bytes > order_answer_max) return InputError{"answer", "is too long"};
    return {};
}

Fault check(const NoticeMoved& record) {
    if (record.state < NoticeState::waiting || record.state > NoticeState::given_up)
        return InputError{"state", "is not a state of a notice"};
    if (record.channel >= notice_channels) return InputError{"channel", "does not exist"};
    if (!std::all_of(record.reserved.begin(), record.reserved.end(),
                     [](std::uint8_t b) { return b == 0; }))
        return InputError{"reserved", "must be zero"};
    return {};
}

const InputError violation{"size", "is not that of the record's parts"};

}  // namespace

std::string_view name(OrderState state) {
    constexpr std::array<std::string_view, 7> names{"awaiting_customer",
                                                    "awaiting_merchant",
                                                    "processing",
                                                    "succeeded",
                                                    "failed",
                                                    "closed",
                                                    "expired"};
    // States count from 1, so that a zeroed record is none of them.
    return names.at(static_cast<std::size_t>(state) - 1);
}

OrderState first_state(const OrderTerms& terms) {
    return (terms.flags & order_flag_ask_merchant) != 0 ? OrderState::awaiting_merchant
                                                        : OrderState::awaiting_customer;
}

bool are_repeat_flags(std::uint16_t flags) {
    const bool has_day = (flags >> 10U & 31U) != 0;
    return (flags & ~repeat_bits) == order_flag_repeats && counts_months(flags) == has_day;
}

bool can_repeat(const OrderTerms& terms) {
    return are_repeat_flags(terms.flags) && terms.debit && terms.credit && !terms.parent &&
           terms.action == CustomerAction::approve;
}

Timestamp next_moment(Timestamp moment, std::uint16_t flags) {
    ensure((flags & order_flag_repeats) != 0, "only what repeats has a next moment");
    // By `RepeatPeriod`: days first, then months.
    constexpr std::array<unsigned, 8> lengths{1, 7, 14, 1, 2, 3, 6, 12};
    const unsigned length = lengths.at(flags >> 7U & 7U);
    if (!counts_months(flags)) return moment + std::chrono::days{length};
    const auto today = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{today};
    const auto month = date.year() / date.month() + std::chrono::months{length};
    // Counted from the day that was agreed on, not from the last one: the 31st becomes the 28th in
    // February, and the 31st again in March.
    const auto last = (month / std::chrono::last).day();
    const std::chrono::day day{flags >> 10U & 31U};
    return std::chrono::sys_days{month / std::min(day, last)} + (moment - today);
}

std::string_view name(NoticeState state) {
    constexpr std::array<std::string_view, 4> names{"waiting", "sending", "delivered", "given_up"};
    return names.at(static_cast<std::size_t>(state) - 1);
}

OrderOpened sized(OrderOpened record) {
    // Clients' input was bounded before it became a record. What is too long here is a mistake of
    // this program, and so no refusal.
    ensure(record.keys.size() <= order_keys_max && record.content.size() <= order_content_max,
           "an order's parts are bounded");
    for (const std::string& key : record.keys)
        ensure(key.size() <= order_key_bytes_max, "an order's keys are bounded");
    record.terms.key_count = static_cast<std::uint8_t>(record.keys.size());
    record.terms.content_bytes = static_cast<std::uint32_t>(record.content.size());
    record.terms.size = static_cast<std::uint16_t>(filled(body_bytes(record)));
    return record;
}

OrderMoved sized(OrderMoved record) {
    ensure(
        record.balances.size() <= watched_accounts_max && record.answer.size() <= order_answer_max,
        "a move's parts are bounded");
    record.head.watched_count = static_cast<std::uint8_t>(record.balances.size());
    record.head.answer_bytes = static_cast<std::uint16_t>(record.answer.size());
    record.head.size = static_cast<std::uint16_t>(
        filled(sizeof(OrderMoveHead) + record.balances.size() * sizeof(WatchedBalance) +
               record.answer.size()));
    return record;
}

ProfileStored sized(ProfileStored record) {
    ensure(record.name.size() <= profile_name_max && record.content.size() <= profile_content_max,
           "a profile's parts are bounded");
    record.head.name_bytes = static_cast<std::uint16_t>(record.name.size());
    record.head.content_bytes = static_cast<std::uint16_t>(record.content.size());
    record.head.size = static_cast<std::uint16_t>(
        filled(sizeof(ProfileHead) + record.name.size() + record.content.size()));
    return record;
}

void append(std::vector<std::byte>& bytes, const OrderOpened& record) {
    const std::size_t begin = bytes.size();
    // Whatever the caller left in the counts is overwritten: bytes and counts cannot disagree.
    const OrderOpened whole = sized(record);
    put(bytes, whole.terms);
    for (const std::string& key : whole.keys) {
        put(bytes, static_cast<std::uint16_t>(key.size()));
        put_text(bytes, key);
    }
    put_text(bytes, whole.content);
    fill_up(bytes, begin);
}

void append(std::vector<std::byte>& bytes, const OrderMoved& record) {
    const std::size_t begin = bytes.size();
    const OrderMoved whole = sized(record);
    put(bytes, whole.head);
    for (const WatchedBalance& balance : whole.balances) put(bytes, balance);
    put_text(bytes, whole.answer);
    fill_up(bytes, begin);
}

void append(std::vector<std::byte>& bytes, const NoticeMoved& record) {
    put(bytes, record);
}

void append(std::vector<std::byte>& bytes, const ProfileStored& record) {
    const std::size_t begin = bytes.size();
    const ProfileStored whole = sized(record);
    put(bytes, whole.head);
    put_text(bytes, whole.name);
    put_text(bytes, whole.content);
    fill_up(bytes, begin);
}

Result<OrderOpened> take_order_opened(std::span<const std::byte>& bytes) {
    OrderOpened record;
    if (const Fault fault = take_head(bytes, record.terms)) return *fault;
    if (const Fault fault = check(record.terms)) return *fault;
    Parts parts(bytes.first(record.terms.size).subspan(sizeof record.terms));
    for (std::size_t i = 0; i < record.terms.key_count; ++i) {
        std::uint16_t size = 0;
        parts.take(size);
        // An order without a name could never be found again, and a key beyond the bound could
        // never have been written.
        if (size == 0 || size > order_key_bytes_max)
            return InputError{"keys", "must have 1 to 160 bytes each"};
        record.keys.push_back(parts.take_text(size));
    }
    record.content = parts.take_text(record.terms.content_bytes);
    if (!parts.ends_well()) return violation;
    bytes = bytes.subspan(record.terms.size);
    return record;
}

Result<OrderMoved> take_order_moved(std::span<const std::byte>& bytes) {
    OrderMoved record;
    if (const Fault fault = take_head(bytes, record.head)) return *fault;
    if (const Fault fault = check(record.head)) return *fault;
    Parts parts(bytes.first(record.head.size).subspan(sizeof record.head));
    for (std::size_t i = 0; i < record.head.watched_count; ++i) {
        parts.take(record.balances.emplace_back());
        // Checked one by one, since the watched balances are read straight into their struct.
        if (record.balances.back().reserved_bytes != 0)
            return InputError{"reserved", "must be zero"};
    }
    record.answer = parts.take_text(record.head.answer_bytes);
    if (!parts.ends_well()) return violation;
    bytes = bytes.subspan(record.head.size);
    return record;
}

Result<NoticeMoved> take_notice_moved(std::span<const std::byte>& bytes) {
    NoticeMoved record;
    if (const Fault fault = take_head(bytes, record)) return *fault;
    // This record has no parts: any other size would hide bytes.
    if (record.size != sizeof record) return violation;
    if (const Fault fault = check(record)) return *fault;
    bytes = bytes.subspan(sizeof record);
    return record;
}

Result<ProfileStored> take_profile(std::span<const std::byte>& bytes) {
    ProfileStored record;
    if (const Fault fault = take_head(bytes, record.head)) return *fault;
    // A nameless profile could be neither found nor replaced.
    if (record.head.name_bytes == 0 || record.head.name_bytes > profile_name_max)
        return InputError{"name", "must have 1 to 160 bytes"};
    if (record.head.content_bytes > profile_content_max)
        return InputError{"content", "is too long"};
    Parts parts(bytes.first(record.head.size).subspan(sizeof record.head));
    record.name = parts.take_text(record.head.name_bytes);
    record.content = parts.take_text(record.head.content_bytes);
    if (!parts.ends_well()) return violation;
    bytes = bytes.subspan(record.head.size);
    return record;
}

}  // namespace tuma::ledger
