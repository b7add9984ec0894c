#include "loadgen/arrivals/rate_words.h"

#include "ledger/words/text.h"
#include "ledger/words/time.h"
#include "ledger/words/words.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr Duration piece_min = std::chrono::milliseconds{1};
constexpr Duration profile_max = std::chrono::hours{24 * 7};
constexpr std::string_view rate_bounds =
    "operations a second from 0.001 to 100M, as 500, 0.5, 250k or 1.2M";
constexpr std::string_view forms =
    "a profile is 1k:10s, ramp:1k..20k:30s, step:1k,2k,4k:10s or spike:2k+20k@10s/1s, or several "
    "of these with commas between them, as 1k:10s,ramp:1k..20k:30s,20k:10s";

/// "1.2" with `digits` as the number of decimals counted in: 1200 for three.
std::optional<std::uint64_t> fixed_point(std::string_view text, std::size_t digits) {
    const auto point = text.find('.');
    std::string all(text.substr(0, point));
    std::string decimals(point == std::string_view::npos ? "" : text.substr(point + 1));
    // Ten digits and nine decimals are less than 2^64.
    if (all.empty() || all.size() > 10 || decimals.size() > digits) return std::nullopt;
    if (point != std::string_view::npos && decimals.empty()) return std::nullopt;
    // By digits and never by way of a double, so that a rate is exactly what was written.
    decimals.resize(digits, '0');
    return read_number<std::uint64_t>(all + decimals);
}

std::optional<Rate> rate_of(std::string_view number) {
    std::size_t digits = 3;
    // A unit moves the point to the right, since rates are kept in thousandths.
    if (number.ends_with('k')) digits = 6;
    if (number.ends_with('M')) digits = 9;
    if (digits > 3) number.remove_suffix(1);
    const auto millihertz = fixed_point(number, digits);
    if (!millihertz || *millihertz < 1 || *millihertz > rate_max.millihertz) return std::nullopt;
    return Rate{*millihertz};
}

/// Reads the parts of a profile from left to right, and keeps the first thing that is wrong.
class ProfileReader {
public:
    explicit ProfileReader(std::string_view text) : text_(text), rest_(text) {}

    Result<std::vector<RatePiece>> read() {
        do read_part();
        while (wrong_.empty() && skip(","));
        if (wrong_.empty() && !rest_.empty()) fail(fmt::format("what is {}", shown_word(rest_)));
        if (wrong_.empty() && pieces_.size() > profile_pieces_max)
            fail(fmt::format("{} pieces are more than {}", pieces_.size(), profile_pieces_max));
        if (wrong_.empty() && length_of(pieces_) > Offset{profile_max})
            fail(fmt::format("it lasts longer than {}", tuma::text(profile_max)));
        if (!wrong_.empty()) return InputError{"--rate", wrong_};
        return std::move(pieces_);
    }

private:
    using Form = void (ProfileReader::*)();
    struct Word {
        std::string_view word;
        Form read;
    };

    void read_part() {
        static constexpr std::array<Word, 3> words{{{"ramp", &ProfileReader::read_ramp},
                                                    {"step", &ProfileReader::read_steps},
                                                    {"spike", &ProfileReader::read_spike}}};
        const std::string_view word = rest_.substr(0, rest_.find(':'));
        for (const Word& known : words) {
            if (known.word != word || word.size() == rest_.size()) continue;
            rest_.remove_prefix(word.size() + 1);
            return (this->*known.read)();
        }
        if (!word.empty() && word.front() >= 'a' && word.front() <= 'z')
            return fail(none_of(word, std::array{words[0].word, words[1].word, words[2].word}));
        const Rate rate = take_rate(":");
        expect(":");
        append(take_length(",", "a length"), rate, rate);
    }

    void read_ramp() {
        const Rate from = take_rate("..");
        expect("..");
        const Rate to = take_rate(":");
        expect(":");
        append(take_length(",", "a length"), from, to);
    }

    void read_steps() {
        std::vector<Rate> rates;
        do rates.push_back(take_rate(",:"));
        while (wrong_.empty() && skip(","));
        expect(":");
        const Offset length = take_length(",", "a length");
        for (const Rate rate : rates) append(length, rate, rate);
    }

    void read_spike() {
        const Rate steady = take_rate("+");
        expect("+");
        const Rate more = take_rate("@");
        expect("@");
        const Offset before = take_length("/", "a time");
        expect("/");
        const Offset spike = take_length(",", "a length");
        const Rate high{steady.millihertz + more.millihertz};
        if (wrong_.empty() && high > rate_max)
            return fail("the spike and what is below it are more than 100M a second together");
        append(before, steady, steady);
        append(spike, high, high);
        append(before, steady, steady);
    }

    void append(Offset length, Rate from, Rate to) {
        if (wrong_.empty()) pieces_.push_back({length, from, to});
    }

    /// What stands before the first of these characters, or before ".." if that is asked for.
    std::string_view take_until(std::string_view ends) {
        const std::size_t end = ends == ".." ? rest_.find(ends) : rest_.find_first_of(ends);
        const std::string_view taken = rest_.substr(0, end);
        rest_.remove_prefix(taken.size());
        return taken;
    }

    Rate take_rate(std::string_view ends) {
        if (!wrong_.empty()) return {};
        const std::string_view word = take_until(ends);
        if (const auto rate = rate_of(word)) return *rate;
        fail(fmt::format("{} is not {}", shown_word(word), rate_bounds));
        return {};
    }

    Offset take_length(std::string_view ends, std::string_view what) {
        if (!wrong_.empty()) return {};
        const std::string_view word = take_until(ends);
        const auto length = parse_duration(word);
        if (length && *length >= piece_min && *length <= profile_max) return *length;
        fail(fmt::format("{} is not {} of {} to {}, as 500ms or 10s", shown_word(word), what,
                         tuma::text(piece_min), tuma::text(profile_max)));
        return {};
    }

    bool skip(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    void expect(std::string_view word) {
        if (!wrong_.empty() || skip(word)) return;
        fail(fmt::format("\"{}\" is missing{}", word,
                         rest_.empty() ? " at the end" : " before " + shown_word(rest_)));
    }

    void fail(const std::string& what) {
        if (wrong_.empty()) wrong_ = fmt::format("{}: {}; {}", shown_word(text_), what, forms);
    }

    std::string_view text_;
    std::string_view rest_;
    std::vector<RatePiece> pieces_;
    std::string wrong_;
};

/// "1k", "2.5k", "0.5", "1.2M": with the unit where that is shorter.
std::string rate_word(Rate rate) {
    std::uint64_t unit = 1000;
    std::string_view name;
    if (rate.millihertz >= 1'000'000) {
        const bool is_millions = rate.millihertz >= 1'000'000'000;
        unit = is_millions ? 1'000'000'000 : 1'000'000;
        name = is_millions ? "M" : "k";
    }
    std::string digits = std::to_string(rate.millihertz % unit + unit).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    return fmt::format("{}{}{}{}", rate.millihertz / unit, digits.empty() ? "" : ".", digits, name);
}

}  // namespace

Result<std::optional<Rate>> parse_rate(std::string_view text) {
    using Parsed = std::optional<Rate>;
    if (text == "max") return Parsed{};
    if (const auto rate = rate_of(text)) return Parsed{*rate};
    if (is_rate_profile(text))
        return InputError{"--rate",
                          fmt::format("{} is a profile, which belongs to --rate of run or "
                                      "ab; one rate is needed here, as 500 or 250k",
                                      shown_word(text))};
    return InputError{"--rate", fmt::format("\"{}\" is not \"max\" or {}", text, rate_bounds)};
}

bool is_rate_profile(std::string_view text) {
    return text.find_first_of(":,+@") != std::string_view::npos ||
           text.find("..") != std::string_view::npos;
}

Result<std::vector<RatePiece>> parse_rate_profile(std::string_view text) {
    return ProfileReader(text).read();
}

std::string piece_text(const RatePiece& piece) {
    const std::string length = tuma::text(std::chrono::duration_cast<Duration>(piece.length));
    if (piece.from == piece.to) return fmt::format("{}:{}", rate_word(piece.from), length);
    return fmt::format("ramp:{}..{}:{}", rate_word(piece.from), rate_word(piece.to), length);
}

std::string profile_text(std::span<const RatePiece> pieces) {
    std::string all;
    for (const RatePiece& piece : pieces) all += (all.empty() ? "" : ",") + piece_text(piece);
    return all;
}

}  // namespace tuma::loadgen
