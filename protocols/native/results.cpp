// Results as bytes, both ways.
#include "ledger/records/event.h"
#include "protocols/native/layout.h"
#include "protocols/native/messages.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <variant>

namespace tuma::native {
namespace {

Timestamp timestamp(std::int64_t microseconds) {
    return Timestamp{Duration{microseconds}};
}

layout::Account bytes_of(const core::AccountView& view) {
    const ledger::Account& account = view.account;
    layout::Account bytes;
    bytes.id = view.id.value;
    bytes.owner = account.owner.value;
    bytes.debits_pending = account.debits_pending;
    bytes.debits_posted = account.debits_posted;
    bytes.credits_pending = account.credits_pending;
    bytes.credits_posted = account.credits_posted;
    bytes.floor = account.floor;
    bytes.ceiling = account.ceiling;
    bytes.last_transfer = account.last_transfer.value;
    bytes.currency = static_cast<std::uint16_t>(account.currency);
    bytes.kind = static_cast<std::uint8_t>(account.kind);
    bytes.state = static_cast<std::uint8_t>(account.state);
    return bytes;
}

bool read_account(const layout::Account& bytes, std::optional<core::AccountView>& view) {
    // Zero stands for no account: the question was about one that is not there.
    if (bytes.id == 0) return true;
    const ledger::AccountKindRow* kind = ledger::find_account_kind(bytes.kind);
    const auto state = static_cast<ledger::AccountState>(bytes.state);
    // Read as strictly as a request: the generator must notice a server that writes nonsense.
    if (kind == nullptr || !find_currency(bytes.currency) || bytes.reserved != 0 ||
        state > ledger::AccountState::closed)
        return false;
    view.emplace();
    view->id = AccountId{bytes.id};
    ledger::Account& account = view->account;
    account.debits_pending = bytes.debits_pending;
    account.debits_posted = bytes.debits_posted;
    account.credits_pending = bytes.credits_pending;
    account.credits_posted = bytes.credits_posted;
    account.floor = bytes.floor;
    account.ceiling = bytes.ceiling;
    account.last_transfer = TransferId{bytes.last_transfer};
    account.owner = ParticipantId{bytes.owner};
    account.currency = static_cast<Currency>(bytes.currency);
    account.kind = kind->kind;
    account.state = state;
    return true;
}

bool read_outcome(const layout::Outcome& bytes, core::Outcome& outcome) {
    const RefusalRow* refusal = find_refusal(bytes.code);
    // Flags that this version does not know may change what the rest means.
    if (refusal == nullptr || bytes.reserved != 0 || bytes.flags > layout::outcome_replayed)
        return false;
    outcome.code = refusal->refusal;
    outcome.is_replayed = bytes.flags == layout::outcome_replayed;
    outcome.id = bytes.id;
    outcome.time = timestamp(bytes.time);
    outcome.balance = bytes.balance;
    return true;
}

/// Reads the record at the front of `bytes` with the journal's own checks.
bool read_record(std::span<const std::byte> bytes, ledger::TransferRecord& record) {
    std::span<const std::byte> rest = bytes.first(sizeof(record));
    // A record that is shorter than its place would leave bytes that nobody reads.
    const auto event = ledger::take_event(rest);
    if (!event || !rest.empty()) return false;
    const auto* found = std::get_if<ledger::TransferRecord>(&*event);
    if (found == nullptr) return false;
    record = *found;
    return true;
}

FrameError bad_result(std::size_t index, std::string_view what) {
    return {ErrorCode::bad_command,
            fmt::format("result {}: {} is not what a server writes", index, what)};
}

/// Takes one page of a statement off the front of `body`, or says what is wrong with it.
std::string_view take_page(std::span<const std::byte>& body, StatementPage& page) {
    // Looked at before each part: pages have different lengths, and a wrong count must not lead out
    // of the frame.
    if (body.size() < sizeof(layout::StatementHead)) return "the length";
    const auto head = layout::copy<layout::StatementHead>(body);
    body = body.subspan(sizeof(head));
    const RefusalRow* refusal = find_refusal(head.code);
    if (refusal == nullptr || head.reserved != 0) return "the head of a statement";
    if (head.entry_count > statement_entries_max) return "the number of entries";
    if (body.size() < head.entry_count * sizeof(layout::StatementEntry)) return "the length";
    page.code = refusal->refusal;
    page.next = TransferId{head.next};
    page.entries.resize(head.entry_count);
    for (StatementEntry& entry : page.entries) {
        entry.time = timestamp(layout::copy<std::int64_t>(body));
        if (!read_record(body.subspan(sizeof(std::int64_t)), entry.record)) return "a record";
        body = body.subspan(sizeof(layout::StatementEntry));
    }
    return {};
}

}  // namespace

void append_outcome(std::vector<std::byte>& body, FrameType type, const core::Outcome& outcome) {
    // Their answers come from history, with a size of their own.
    ensure(type != FrameType::query_transfer && type != FrameType::statement,
           "these have results of their own");
    layout::Outcome bytes;
    bytes.code = static_cast<std::uint16_t>(outcome.code);
    bytes.flags = outcome.is_replayed ? layout::outcome_replayed : std::uint16_t{0};
    bytes.id = outcome.id;
    bytes.time = microseconds(outcome.time);
    bytes.balance = outcome.balance;
    layout::put(body, bytes);
    if (type != FrameType::query_account) return;
    // Zeros where there is none, because every result of a frame has the same size.
    layout::put(body, outcome.account ? bytes_of(*outcome.account) : layout::Account{});
}

void append_record(std::vector<std::byte>& body, const RecordAnswer& answer) {
    const bool is_found = answer.code == Refusal::none;
    layout::Outcome bytes;
    bytes.code = static_cast<std::uint16_t>(answer.code);
    if (is_found) {
        bytes.id = answer.entry.record.id.value;
        bytes.time = microseconds(answer.entry.time);
    }
    layout::put(body, bytes);
    if (is_found) layout::put(body, answer.entry.record);
    // The same, so that the next result stands where the count says.
    else
        body.resize(body.size() + sizeof(ledger::TransferRecord));
}

void append_statement(std::vector<std::byte>& body, const StatementPage& page) {
    ensure(page.entries.size() <= statement_entries_max, "a statement page that is too long");
    layout::put(body, layout::StatementHead{static_cast<std::uint16_t>(page.code),
                                            static_cast<std::uint16_t>(page.entries.size()), 0,
                                            page.next.value});
    for (const StatementEntry& entry : page.entries)
        layout::put(body, layout::StatementEntry{microseconds(entry.time), entry.record});
}

Result<std::vector<core::Outcome>, FrameError> read_outcomes(const FrameView& reply) {
    std::vector<core::Outcome> outcomes;
    if (auto wrong = read_outcomes(reply, outcomes)) return std::move(*wrong);
    return outcomes;
}

std::optional<FrameError> read_outcomes(const FrameView& reply,
                                        std::vector<core::Outcome>& outcomes) {
    const auto type = static_cast<FrameType>(reply.header.type & ~reply_bit);
    ensure(type != FrameType::query_transfer && type != FrameType::statement,
           "these have readers of their own");
    const std::size_t size = row(type).result_bytes;
    outcomes.resize(reply.header.count);
    // Sizes were checked with the frame; from here on only contents can be wrong.
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto bytes = reply.body.subspan(i * size, size);
        if (!read_outcome(layout::copy<layout::Outcome>(bytes), outcomes[i]))
            return bad_result(i, "an outcome");
        outcomes[i].account.reset();
        if (type != FrameType::query_account) continue;
        const auto account = layout::copy<layout::Account>(bytes.subspan(sizeof(layout::Outcome)));
        if (!read_account(account, outcomes[i].account)) return bad_result(i, "an account");
    }
    return std::nullopt;
}

Result<std::vector<RecordAnswer>, FrameError> read_records(const FrameView& reply) {
    const std::size_t size = row(FrameType::query_transfer).result_bytes;
    std::vector<RecordAnswer> answers(reply.header.count);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto bytes = reply.body.subspan(i * size, size);
        core::Outcome outcome;
        if (!read_outcome(layout::copy<layout::Outcome>(bytes), outcome))
            return bad_result(i, "an outcome");
        answers[i].code = outcome.code;
        // A record that is not there has zeros in its place, and they are no record.
        if (outcome.code != Refusal::none) continue;
        answers[i].entry.time = outcome.time;
        if (!read_record(bytes.subspan(sizeof(layout::Outcome)), answers[i].entry.record))
            return bad_result(i, "a record");
    }
    return answers;
}

Result<std::vector<StatementPage>, FrameError> read_statements(const FrameView& reply) {
    std::vector<StatementPage> pages(reply.header.count);
    std::span<const std::byte> body = reply.body;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const std::string_view wrong = take_page(body, pages[i]);
        if (!wrong.empty()) return bad_result(i, wrong);
    }
    // A frame that has more than its pages was written by something else.
    if (!body.empty()) return bad_result(pages.size(), "what follows the last page");
    return pages;
}

}  // namespace tuma::native
