#include "switch/native/frame_exchange.h"

#include "switch/native/frame_connection.h"

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

using native::FrameType;

// Ownership goes along two base classes; the object is always a FrameExchange.
template <typename Base>
std::unique_ptr<FrameExchange> exchange(std::unique_ptr<Base> base) {
    return std::unique_ptr<FrameExchange>(static_cast<FrameExchange*>(base.release()));
}

}  // namespace

void FrameExchange::begin(std::unique_ptr<FrameExchange> self) {
    self->submitted = Steady::now();
    self->times.decode = self->submitted - self->arrived;
    switch (self->type()) {
        case FrameType::statement:
            // A statement is read backwards from the account's newest record, which the books know.
            self->ask_newest_records();
            to_engine(std::move(self));
            return;
        case FrameType::query_transfer:
        case FrameType::reverse:
            // A reversal cannot be decided without its original's records. A query needs nothing
            // but them.
            to_history(std::move(self));
            return;
        default:
            to_engine(std::move(self));
    }
}

void FrameExchange::ask_newest_records() {
    for (const native::StatementQuery& query : statement_queries) {
        core::Request& request = requests.emplace_back();
        request.key.participant = frames.front().participant;
        request.command = core::QueryAccount{query.account, {}};
    }
}

void FrameExchange::to_engine(std::unique_ptr<FrameExchange> self) {
    // `self` is gone with the next call, so what is needed of it is taken before.
    Engine& engine = *self->engine;
    auto refused = engine.submit(std::move(self));
    if (!refused) return;
    auto back = exchange(std::move(refused));
    back->answer_overloaded();
    give_back(std::move(back));
}

void FrameExchange::to_history(std::unique_ptr<FrameExchange> self) {
    // As above: `self` is gone with the next call.
    History& history = *self->history;
    auto refused = history.submit(std::move(self));
    if (!refused) return;
    auto back = exchange(std::move(refused));
    back->answer_overloaded();
    give_back(std::move(back));
}

void FrameExchange::give_back(std::unique_ptr<FrameExchange> self) {
    FrameConnection& receiver = *self->connection;
    receiver.answered(std::move(self));
}

void FrameExchange::durable(std::unique_ptr<Submission> self, Steady::time_point at) {
    durable_at = at;
    auto same = exchange(std::move(self));
    if (type() == FrameType::statement)
        to_history(std::move(same));
    else
        give_back(std::move(same));
}

bool FrameExchange::is_long() const {
    return type() == FrameType::statement;
}

void FrameExchange::look_up(HistoryReader& reader) {
    if (type() == FrameType::reverse) {
        for (core::Request& request : requests) {
            auto& reverse = std::get<core::Reverse>(request.command);
            reverse.records = reader.set_from(reverse.original);
            // The moment of a record is that of its batch; the record itself does not have it.
            if (const auto entry = reader.find(reverse.original))
                reverse.original_time = entry->time;
        }
        return;
    }
    for (const native::QueryTransfer& query : transfer_queries) {
        const auto entry = reader.find(query.transfer);
        records_.push_back(entry ? native::RecordAnswer{Refusal::none, *entry}
                                 : native::RecordAnswer{Refusal::transfer_not_found, {}});
    }
    // One allowance for all of them: several statements in one frame read no more than a long one.
    std::size_t steps = statement_steps_max;
    for (std::size_t i = 0; i < statement_queries.size(); ++i) {
        const core::Outcome& account = outcomes[i];
        if (account.account)
            pages_.push_back(
                reader.page(statement_queries[i], account.account->account.last_transfer, steps));
        else
            pages_.push_back({account.code, {}, {}});
    }
}

void FrameExchange::looked_up(std::unique_ptr<HistoryJob> self, bool is_read) {
    auto same = exchange(std::move(self));
    // A journal that cannot be read must not make an original look unknown.
    if (!is_read) answer_overloaded();
    if (is_read && type() == FrameType::reverse) {
        to_engine(std::move(same));
        return;
    }
    durable_at = Steady::now();
    give_back(std::move(same));
}

// Nothing was executed, and the same request may be sent again.
void FrameExchange::answer_overloaded() {
    durable_at = Steady::now();
    outcomes.assign(requests.size(), core::Outcome{.code = Refusal::overloaded});
    records_.assign(transfer_queries.size(), {Refusal::overloaded, {}});
    pages_.assign(statement_queries.size(), {Refusal::overloaded, {}, {}});
    connection->count_refused(Refusal::overloaded, frames);
}

void FrameExchange::append_replies(std::vector<std::byte>& bytes) const {
    // The results of all frames lie one behind the other, in the order in which the frames came.
    std::size_t next = 0;
    for (const Frame& frame : frames) {
        // The length is known only at the end, when the header is filled in.
        const std::size_t position = native::begin_frame(bytes);
        for (std::size_t i = 0; i < frame.count; ++i, ++next) {
            if (frame.type == FrameType::query_transfer)
                native::append_record(bytes, records_[next]);
            else if (frame.type == FrameType::statement)
                native::append_statement(bytes, pages_[next]);
            else
                native::append_outcome(bytes, frame.type, outcomes[next]);
        }
        native::FrameHeader header;
        header.type =
            static_cast<std::uint8_t>(static_cast<std::uint8_t>(frame.type) | native::reply_bit);
        header.count = frame.count;
        header.request_id = frame.request_id;
        header.participant = frame.participant;
        header.durability = static_cast<std::uint8_t>(engine->durability());
        native::finish_frame(bytes, position, header);
    }
}

std::size_t FrameExchange::memory() const {
    // A statement asks the engine for each account's newest record first.
    const std::size_t commands = std::max(requests.size(), statement_queries.size());
    const std::size_t pages = statement_queries.empty() ? 0 : reply_bytes;
    // What is not there yet is counted as it will be, so that memory suffices for the way back.
    return reply_bytes + pages + std::max(requests.capacity(), commands) * sizeof(core::Request) +
           std::max(outcomes.capacity(), commands) * sizeof(core::Outcome) +
           transfer_queries.capacity() * sizeof(native::QueryTransfer) +
           std::max(records_.capacity(), transfer_queries.size()) * sizeof(native::RecordAnswer) +
           statement_queries.capacity() * sizeof(native::StatementQuery);
}

void FrameExchange::clear() {
    requests.clear();
    outcomes.clear();
    frames.clear();
    transfer_queries.clear();
    statement_queries.clear();
    records_.clear();
    pages_.clear();
    executed = 0;
    reply_bytes = 0;
    memory_counted = 0;
    connection.reset();
}

}  // namespace tuma::net
