#include "loadgen/fake/fake_books.h"

#include <variant>

namespace tuma::loadgen {
namespace {

using native::FrameType;

core::Outcome refused(Refusal code) {
    core::Outcome outcome;
    outcome.code = code;
    return outcome;
}

}  // namespace

bool is_set_up(FrameType type) {
    switch (type) {
        case FrameType::open_account:
        case FrameType::issue:
        case FrameType::change_account:
        case FrameType::query_account:
        case FrameType::query_request:
        case FrameType::query_transfer:
        case FrameType::statement:
            return true;
        default:
            return false;
    }
}

std::optional<native::FrameError> FakeBooks::answer_set_up(const native::FrameView& frame,
                                                           std::vector<std::byte>& body) {
    const auto type = static_cast<FrameType>(frame.header.type);
    if (type == FrameType::query_transfer) {
        std::vector<native::QueryTransfer> queries;
        if (auto wrong = native::read_queries(frame, queries)) return wrong;
        for (std::size_t i = 0; i < queries.size(); ++i)
            native::append_record(body, {.code = Refusal::transfer_not_found, .entry = {}});
        return std::nullopt;
    }
    if (type == FrameType::statement) {
        std::vector<native::StatementQuery> queries;
        if (auto wrong = native::read_queries(frame, queries)) return wrong;
        // No record is kept, so that every page is empty and the last.
        for (std::size_t i = 0; i < queries.size(); ++i) native::append_statement(body, {});
        return std::nullopt;
    }
    requests_.clear();
    if (auto wrong = native::read_requests(frame, requests_)) return wrong;
    for (const core::Request& request : requests_)
        native::append_outcome(body, type, answer(request));
    return std::nullopt;
}

void FakeBooks::answer_movement(FrameType type, Refusal code, Timestamp now,
                                std::vector<std::byte>& body) {
    outcome_.code = code;
    outcome_.id = code == Refusal::none ? next_transfer_++ : 0;
    outcome_.time = now;
    native::append_outcome(body, type, outcome_);
}

core::Outcome FakeBooks::answer(const core::Request& request) {
    if (const auto* wish = std::get_if<core::OpenAccount>(&request.command)) return open(*wish);
    if (const auto* query = std::get_if<core::QueryAccount>(&request.command))
        return look_up(*query);
    if (std::holds_alternative<core::QueryRequest>(request.command))
        return refused(Refusal::request_not_found);
    core::Outcome outcome;
    outcome.id = next_transfer_++;
    return outcome;
}

core::Outcome FakeBooks::open(const core::OpenAccount& wish) {
    if (accounts_.size() >= accounts_max) return refused(Refusal::account_capacity_reached);
    core::Outcome outcome;
    const auto [place, is_new] =
        numbers_.emplace(wish.identity, static_cast<std::uint32_t>(accounts_.size() + 1));
    if (is_new) accounts_.push_back({wish.kind, wish.currency});
    outcome.id = place->second;
    // As the switch answers a request that it remembers: one set-up serves many runs.
    outcome.is_replayed = !is_new;
    return outcome;
}

core::Outcome FakeBooks::look_up(const core::QueryAccount& query) const {
    std::uint32_t number = query.account.value;
    if (number == 0)
        if (const auto found = numbers_.find(query.identity); found != numbers_.end())
            number = found->second;
    if (number == 0 || number > accounts_.size()) return refused(Refusal::account_not_found);
    core::Outcome outcome;
    outcome.id = number;
    core::AccountView& view = outcome.account.emplace();
    view.id = AccountId{number};
    view.account.kind = accounts_[number - 1].kind;
    view.account.currency = accounts_[number - 1].currency;
    return outcome;
}

}  // namespace tuma::loadgen
