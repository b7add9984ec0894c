// One client of the native listener: bytes in, frames to the engine, replies out.
#pragma once

#include "switch/native/byte_buffer.h"
#include "switch/native/frame_exchange.h"
#include "switch/native/io_loop.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tuma::net {

/// Lives on one loop; all but `answered` and `count_refused` is called there. Ends in one of three
/// ways: the client is done and has all replies; an error frame is written and the client closes or
/// a short time passes; or the socket fails.
class FrameConnection : public std::enable_shared_from_this<FrameConnection> {
public:
    /// Frames are never under TLS, whatever other listeners do.
    FrameConnection(std::shared_ptr<IoLoop> loop, boost::asio::ip::tcp::socket socket,
                    bool is_tls = false);
    ~FrameConnection();
    FrameConnection(const FrameConnection&) = delete;
    FrameConnection& operator=(const FrameConnection&) = delete;

    void start();
    /// Reads nothing more; after the replies that are owed comes the error frame shutting_down.
    void stop_reading();
    void close();

    /// True when the client has overrun one of the limits of time; then comes `give_up`.
    bool is_late(Steady::time_point now) const;
    void give_up();

    /// An exchange comes back with its answer. Any thread.
    void answered(std::unique_ptr<FrameExchange> exchange);
    /// Counts commands that were refused before the core saw them. Any thread.
    void count_refused(Refusal code, std::span<const FrameExchange::Frame> frames) const;
    /// Puts the replies of an exchange into the output.
    void encode(const FrameExchange& exchange);
    /// Writes what is there to write, reads on if there is room again, ends if all is done.
    void go_on();

private:
    enum class State : std::uint8_t {
        open,
        ending,     ///< reads no more requests; owed replies, then an error frame if there is one
        lingering,  ///< all written; waits for the client to close, so that it can read everything
        closed,
    };

    /// An exchange whose replies are in the output.
    struct Answered {
        Steady::time_point durable_at;
        std::uint32_t operations = 0;
        StageTimes times{};  ///< of each of them
    };

    /// Bytes of replies owed, gathering and unwritten.
    std::size_t reply_bytes() const;
    /// Bytes of memory for these replies, for requests on their way and for input that waits.
    std::size_t memory() const;
    void count_memory();
    bool is_memory_short() const;
    /// Not read from until the client has taken replies.
    bool is_held_by_replies() const;
    /// How many bytes may be read now; 0 while reading is paused.
    std::size_t read_bytes_max() const;
    /// False for a frame that must wait because memory is short.
    bool is_affordable(const native::FrameHeader& header) const;
    void wait_readable();
    void on_readable();
    /// Reads once. True when there may be more to read at once.
    bool read_some();
    std::size_t take_frames(std::span<const std::byte> bytes);
    std::optional<native::FrameError> take_frame(const native::FrameView& frame);
    FrameExchange& exchange_for(const native::FrameHeader& header);
    void hand_over();
    void end(native::FrameError error, std::uint64_t request_id);
    void write();
    void write_some();
    void on_written(const boost::system::error_code& error, std::size_t count);
    void count_written();
    void finish_if_done();
    void linger();
    void discard_input();
    void settle();

    std::shared_ptr<IoLoop> loop_;
    FrameService& service_;
    boost::asio::ip::tcp::socket socket_;
    State state_ = State::open;
    bool is_waiting_ = false;
    bool is_held_back_ = false;    ///< by its replies
    bool has_held_frame_ = false;  ///< complete, but memory is short
    bool is_writing_ = false;
    bool input_ended_ = false;
    bool has_begun_frame_ = false;
    bool is_settled_ = false;

    /// Bytes of a begun frame, or of frames that wait while reading is paused.
    ByteBuffer input_;
    /// Frames of this read that go to the engine together.
    std::unique_ptr<FrameExchange> building_;
    std::size_t exchanges_out_ = 0;
    std::size_t reply_bytes_owed_ = 0;
    std::size_t exchange_memory_out_ = 0;  ///< of what is on its way
    std::size_t memory_counted_ = 0;

    std::vector<std::byte> output_;   ///< encoded, not handed to the system yet
    std::vector<std::byte> writing_;  ///< being written, from `written_` on
    std::size_t written_ = 0;
    std::size_t written_since_progress_ = 0;
    std::vector<Answered> output_answers_;
    std::vector<Answered> writing_answers_;
    std::optional<native::FrameError> last_word_;
    std::uint64_t last_word_id_ = 0;

    /// Of the last step that the client made in what it is waited for.
    Steady::time_point progress_at_;
    Steady::time_point read_at_;  ///< the bytes that frames are taken from
    Steady::time_point write_progress_at_;
};

}  // namespace tuma::net
