#include "switch/engine/clock_mark.h"

#include "ledger/store/file_bytes.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <fstream>
#include <span>
#include <system_error>

namespace tuma::net {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t mark_bytes_max = 4'096;

const InputError not_a_mark{"clock.json", "is not what a switch writes"};

// The members one by one; `is_good` is false once one was not there or of another type.
struct MarkReader {
    const boost::json::object& object;
    bool is_good = true;

    std::string_view word(std::string_view name) {
        // A member that is missing spoils the whole mark. Half of it could start time in the wrong
        // place.
        const boost::json::value* const value = object.if_contains(name);
        if (value != nullptr && value->is_string()) return value->get_string();
        is_good = false;
        return {};
    }
    bool flag(std::string_view name) {
        const boost::json::value* const value = object.if_contains(name);
        if (value != nullptr && value->is_bool()) return value->get_bool();
        is_good = false;
        return false;
    }
    std::int64_t number(std::string_view name) {
        const boost::json::value* const value = object.if_contains(name);
        // All numbers here are durations and counts.
        if (value != nullptr && value->is_int64() && value->get_int64() >= 0)
            return value->get_int64();
        is_good = false;
        return 0;
    }
    Timestamp instant(std::string_view name) {
        const Result<Timestamp> read = parse_timestamp(word(name));
        if (read) return *read;
        is_good = false;
        return {};
    }
};

}  // namespace

std::string to_json(const ClockMark& mark) {
    // In a form that people can read, because they look here when time is wrong.
    return boost::json::serialize(
               boost::json::object{{"clock", mark.is_by_hand ? "virtual" : "wall"},
                                   {"time", text(mark.time)},
                                   {"wall", text(mark.wall)},
                                   {"boot", mark.boot},
                                   {"steady_us", mark.steady.count()},
                                   {"nears_any", mark.nears_any},
                                   {"starts", static_cast<std::int64_t>(mark.starts)}}) +
           "\n";
}

Result<ClockMark> read_clock_mark(std::string_view bytes) {
    boost::system::error_code error;
    const boost::json::value read = boost::json::parse(bytes, error);
    if (error || !read.is_object()) return not_a_mark;
    MarkReader reader{read.get_object()};
    ClockMark mark;
    const std::string_view kind = reader.word("clock");
    mark.is_by_hand = kind == "virtual";
    mark.time = reader.instant("time");
    mark.wall = reader.instant("wall");
    mark.boot = reader.word("boot");
    mark.steady = Duration{reader.number("steady_us")};
    mark.nears_any = reader.flag("nears_any");
    mark.starts = static_cast<std::uint64_t>(reader.number("starts"));
    // Anything else than these two words was written by a newer program or by hand.
    if (!reader.is_good || (kind != "virtual" && kind != "wall")) return not_a_mark;
    return mark;
}

fs::path clock_mark_path(const fs::path& data) {
    return data / "clock.json";
}

Result<std::optional<ClockMark>> load_clock_mark(const fs::path& data) {
    const fs::path path = clock_mark_path(data);
    std::error_code error;
    // No mark is the normal case of new books.
    if (!fs::exists(path, error)) return std::optional<ClockMark>{};
    std::ifstream file(path, std::ios::binary);
    // Bounded: somebody may have put anything there.
    std::string bytes(mark_bytes_max, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    const Result<ClockMark> mark = read_clock_mark(bytes);
    if (!mark) return InputError{path.string(), mark.error().reason};
    return std::optional<ClockMark>{*mark};
}

void store_clock_mark(const fs::path& data, const ClockMark& mark) {
    const fs::path path = clock_mark_path(data);
    const fs::path partial = path.string() + ".partial";
    {
        const std::string bytes = to_json(mark);
        ledger::FileHandle file = ledger::FileHandle::create(partial);
        file.write(std::as_bytes(std::span{bytes}));
        // Durable before it is renamed. Half a mark would be refused and cost the proof of how long
        // the switch was down.
        file.sync();
    }
    ledger::give_name(partial, path);
}

std::string boot_name() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    // Empty on systems without it: then no start proves anything, and the wall clock is followed
    // with care.
    std::string name;
    std::getline(file, name);
    return name;
}

}  // namespace tuma::net
