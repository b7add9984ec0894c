// Request frames of one connection on their way through engine and history, and their replies.
#pragma once

#include "protocols/native/messages.h"
#include "switch/engine/engine.h"
#include "switch/engine/history.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tuma::net {

class FrameConnection;

/// One or more request frames that go the same way together. Transfers and all else that the core
/// decides go to the engine; query_transfer to the history; reverse to the history and then to the
/// engine; statement to the engine, for the newest record, and then to the history. Each part hands
/// it on by itself and the last one gives it back to its connection's I/O thread.
class FrameExchange final : public Submission, public HistoryJob {
public:
    /// A request frame, without its commands.
    struct Frame {
        native::FrameType type{};
        std::uint16_t count = 0;
        std::uint64_t request_id = 0;
        ParticipantId participant;
    };

    std::vector<Frame> frames;
    std::vector<native::QueryTransfer> transfer_queries;
    std::vector<native::StatementQuery> statement_queries;
    /// At most so many bytes of replies.
    std::size_t reply_bytes = 0;
    Steady::time_point arrived{};  ///< its bytes were read
    Steady::time_point durable_at{};
    /// Set while it is on its way.
    std::shared_ptr<FrameConnection> connection;
    Engine* engine = nullptr;
    History* history = nullptr;

    /// Hands a filled exchange over to where it goes first. Called on the I/O thread, which gets it
    /// back by FrameConnection's loop, at once when a queue is full.
    static void begin(std::unique_ptr<FrameExchange> self);

    /// Bytes of memory that it holds, and that its outcomes and replies will.
    std::size_t memory() const;
    /// Of these, what its connection has counted while it is on its way.
    std::size_t memory_counted = 0;

    /// Executed commands, each an operation that somebody asked for. What the engine was asked for
    /// a statement's sake is none.
    std::uint32_t operations() const {
        return type() == native::FrameType::statement ? 0 : executed;
    }

    /// Appends the reply frames.
    void append_replies(std::vector<std::byte>& bytes) const;

    /// Ready for other frames, memory kept.
    void clear();

    void durable(std::unique_ptr<Submission> self, Steady::time_point at) override;
    bool is_long() const override;
    void look_up(HistoryReader& reader) override;
    void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) override;

private:
    native::FrameType type() const { return frames.front().type; }
    void ask_newest_records();
    void answer_overloaded();
    static void to_engine(std::unique_ptr<FrameExchange> self);
    static void to_history(std::unique_ptr<FrameExchange> self);
    static void give_back(std::unique_ptr<FrameExchange> self);

    std::vector<native::RecordAnswer> records_;
    std::vector<native::StatementPage> pages_;
};

}  // namespace tuma::net
