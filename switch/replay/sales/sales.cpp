#include "switch/replay/sales/sales.h"

#include "ledger/records/sha256.h"
#include "ledger/words/csv.h"
#include "switch/replay/sales/sales_row.h"
#include "switch/replay/sales/sales_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <ios>
#include <istream>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <streambuf>
#include <system_error>
#include <utility>

namespace tuma::replay {
namespace {

/// A file read once from front to back as a stream, with the SHA-256 of what was read. Meant for
/// large reads through `read`; it keeps no buffer of its own but for one byte.
class HashedFile : private std::streambuf {
public:
    explicit HashedFile(const std::filesystem::path& path);

    bool is_open() const { return file_ != nullptr; }
    std::istream& stream() { return stream_; }
    std::uint64_t bytes_read() const { return bytes_read_; }
    /// Of everything read so far; once.
    ledger::Hash hash() { return sha_.finish(); }

private:
    int_type underflow() override;
    std::streamsize xsgetn(char* to, std::streamsize count) override;

    struct Close {
        void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    ledger::Sha256 sha_;
    std::uint64_t bytes_read_ = 0;
    char byte_ = 0;
    std::istream stream_;
};

HashedFile::HashedFile(const std::filesystem::path& path)
    : file_(std::fopen(path.c_str(), "rb")), stream_(this) {
    // The reader above has a buffer; a second one would only copy.
    if (file_) static_cast<void>(std::setvbuf(file_.get(), nullptr, _IONBF, 0));
}

std::streamsize HashedFile::xsgetn(char* to, std::streamsize count) {
    std::streamsize done = 0;
    // One byte may have been taken for a look ahead.
    if (gptr() != egptr() && count > 0) {
        to[done++] = *gptr();
        gbump(1);
    }
    if (!file_ || done == count) return done;
    const std::size_t got =
        std::fread(to + done, 1, static_cast<std::size_t>(count - done), file_.get());
    // A stream turns the exception into its bad bit, which a reader tells from the end.
    if (std::ferror(file_.get()) != 0) throw std::ios_base::failure("cannot be read");
    // Hashed on the way, so that the file is read once and what was hashed is what was used.
    sha_.update(std::as_bytes(std::span{to + done, got}));
    bytes_read_ += got;
    return done + static_cast<std::streamsize>(got);
}

HashedFile::int_type HashedFile::underflow() {
    // One byte only: whoever asks like this wants to know whether there is one.
    if (xsgetn(&byte_, 1) != 1) return traits_type::eof();
    setg(&byte_, &byte_, &byte_ + 1);
    return traits_type::to_int_type(byte_);
}

// Between two calls of progress.
constexpr std::uint64_t bytes_a_step = 1'000'000;

// Gathers rows that come in order into days.
class DayGatherer {
public:
    explicit DayGatherer(const SalesFile::Visitor& visit) : visit_(visit) {}

    void add(const Sale& sale) {
        // Days follow one another here, so a new day ends the one before.
        if (!rows_.empty() && rows_.front().day() != sale.day()) flush();
        rows_.push_back(sale);
    }
    void flush() {
        if (!rows_.empty()) visit_(rows_.front().day(), rows_);
        rows_.clear();
    }

private:
    const SalesFile::Visitor& visit_;
    std::vector<Sale> rows_;
};

// In the first pass they were all seen.
void ignore_bad_row(std::uint64_t, const std::string&) {}

}  // namespace

class SalesFile::Impl {
public:
    Impl(std::filesystem::path path, Options options)
        : path_(std::move(path)), options_(std::move(options)) {}

    std::optional<InputError> read_figures();
    const SalesFigures& figures() const { return figures_; }
    void for_each_day(const Visitor& visit);
    std::map<std::uint64_t, std::string> txn_ids(const std::set<std::uint64_t>& lines);

private:
    using OnRow = std::function<std::optional<InputError>(const Sale&)>;
    using OnTxnId = std::function<void(std::uint64_t, std::string_view)>;
    using OnBadRow = std::function<void(std::uint64_t, std::string)>;

    // One pass over the file; rows outside the days are not handed on, but counted.
    std::optional<InputError> scan(const OnRow& on_row, const OnBadRow& on_bad_row,
                                   bool tells_progress, const OnTxnId& on_txn_id = nullptr);
    std::optional<InputError> count(const Sale& sale);
    std::optional<InputError> sort();
    void ensure_unchanged() const;
    [[noreturn]] void fail_as_changed() const;

    std::filesystem::path path_;
    Options options_;
    SalesFigures figures_;
    std::uint64_t bytes_ = 0;
    std::optional<Timestamp> newest_;
    std::string scanned_sha256_;
    std::uint64_t rows_outside_ = 0;
    std::uint64_t times_converted_ = 0;
    std::unique_ptr<SalesSorter> sorter_;
};

std::optional<InputError> SalesFile::Impl::scan(const OnRow& on_row, const OnBadRow& on_bad_row,
                                                bool tells_progress, const OnTxnId& on_txn_id) {
    const std::string place = path_.string();
    // Opened anew for each pass, and hashed each time: a file that changed in between is noticed.
    HashedFile file(path_);
    if (!file.is_open()) return InputError{place, "cannot be opened for reading"};
    CsvReader csv(file.stream(), place);
    Result<bool> more = csv.next();
    if (!more) return more.error();
    if (!*more) return InputError{place, "is empty; it needs a header and rows"};
    const auto columns = SalesColumns::from_header(csv.fields(), csv.place(), options_.zone);
    if (!columns) return columns.error();
    MethodNames methods;
    rows_outside_ = 0;
    times_converted_ = 0;
    std::uint64_t told = 0;
    for (more = csv.next(); more && *more; more = csv.next()) {
        // Told by bytes: rows are not known before the end.
        if (tells_progress && options_.progress && file.bytes_read() - told >= bytes_a_step) {
            told = file.bytes_read();
            options_.progress(told, bytes_);
        }
        SalesColumns::Row row;
        if (auto wrong = columns->read(csv.fields(), csv.line(), methods, row)) {
            // Bad rows do not stop the pass, because people want to mend all of them at once.
            on_bad_row(csv.line(), std::move(*wrong));
            continue;
        }
        if (row.was_converted) ++times_converted_;
        // Names are wanted in one pass only, and they are the longest field of a row.
        if (on_txn_id) on_txn_id(row.sale.line, columns->txn_id(csv.fields()));
        if (row.sale.day() < options_.from || row.sale.day() > options_.to) {
            ++rows_outside_;
        } else if (auto error = on_row(row.sale)) {
            return error;
        }
    }
    if (!more) return more.error();
    // Numbers of methods follow from the order of the file, and so they are the same in every pass.
    figures_.methods = methods.names();
    scanned_sha256_ = ledger::hex(file.hash());
    return std::nullopt;
}

std::optional<InputError> SalesFile::Impl::count(const Sale& sale) {
    // Overflow is looked for at every step: refunds could bring a sum back into range.
    if (__builtin_add_overflow(figures_.gross, sale.amount, &figures_.gross) ||
        (sale.amount > 0 &&
         __builtin_add_overflow(figures_.gross_positive, sale.amount, &figures_.gross_positive)))
        return InputError{fmt::format("{}:{}: amount_minor", path_.string(), sale.line),
                          "the amounts add up to more than 2^63-1 minor units"};
    if (figures_.payments == 0) figures_.first_day = figures_.last_day = sale.day();
    figures_.first_day = std::min(figures_.first_day, sale.day());
    figures_.last_day = std::max(figures_.last_day, sale.day());
    ++figures_.payments;
    if (sale.amount < 0) ++figures_.refunds;
    // Whether the file is in order decides whether a copy has to be sorted.
    if (newest_ && sale.local_time < *newest_) figures_.was_sorted = false;
    newest_ = sale.local_time;
    return std::nullopt;
}

std::optional<InputError> SalesFile::Impl::read_figures() {
    std::error_code code;
    const auto status = std::filesystem::status(path_, code);
    if (!std::filesystem::exists(status))
        return InputError{path_.string(), "there is no such file"};
    if (!std::filesystem::is_regular_file(status))
        // A pipe can be read only once.
        return InputError{path_.string(), "must be a file, since it is read twice"};
    bytes_ = std::filesystem::file_size(path_, code);
    RepeatCounter names;
    const auto on_row = [&](const Sale& sale) {
        names.add(sale.txn_hash);
        return count(sale);
    };
    const auto on_bad_row = [&](std::uint64_t line, std::string reason) {
        // All are counted, the first are kept.
        if (++figures_.rows_bad <= bad_rows_listed)
            figures_.bad_rows.push_back({line, std::move(reason)});
    };
    if (auto error = scan(on_row, on_bad_row, true)) return error;
    figures_.rows_outside = rows_outside_;
    figures_.times_converted = times_converted_;
    figures_.sha256 = scanned_sha256_;
    figures_.txn_ids_repeated = names.repeated();
    return figures_.was_sorted ? std::nullopt : sort();
}

std::optional<InputError> SalesFile::Impl::sort() {
    sorter_ = std::make_unique<SalesSorter>();
    const auto on_row = [&](const Sale& sale) {
        sorter_->add(sale);
        return std::optional<InputError>();
    };
    if (auto error = scan(on_row, ignore_bad_row, true)) return error;
    // Two passes over two different files would give figures of neither.
    ensure_unchanged();
    sorter_->finish();
    return std::nullopt;
}

void SalesFile::Impl::ensure_unchanged() const {
    if (scanned_sha256_ != figures_.sha256) fail_as_changed();
}

void SalesFile::Impl::fail_as_changed() const {
    throw std::runtime_error(
        fmt::format("{}: the file changed while it was read; start again", path_.string()));
}

void SalesFile::Impl::for_each_day(const Visitor& visit) {
    DayGatherer days(visit);
    if (sorter_) {
        sorter_->for_each([&](const Sale& sale) { days.add(sale); });
        days.flush();
        return;
    }
    Timestamp newest{Timestamp::min()};
    const auto on_row = [&](const Sale& sale) {
        // It was in order in the first pass.
        if (sale.local_time < newest) fail_as_changed();
        newest = sale.local_time;
        days.add(sale);
        return std::optional<InputError>();
    };
    const auto error = scan(on_row, ignore_bad_row, false);
    if (error) throw std::runtime_error(error->text());
    ensure_unchanged();
    days.flush();
}

std::map<std::uint64_t, std::string> SalesFile::Impl::txn_ids(
    const std::set<std::uint64_t>& lines) {
    std::map<std::uint64_t, std::string> ids;
    const auto on_row = [](const Sale&) { return std::optional<InputError>(); };
    const auto on_txn_id = [&](std::uint64_t line, std::string_view id) {
        // Only the few that are shown: names are longer than everything else of a row.
        if (lines.contains(line)) ids.emplace(line, id);
    };
    const auto error = scan(on_row, ignore_bad_row, false, on_txn_id);
    if (error) throw std::runtime_error(error->text());
    ensure_unchanged();
    return ids;
}

Result<SalesFile> SalesFile::open(const std::filesystem::path& path, const Options& options) {
    auto impl = std::make_unique<Impl>(path, options);
    if (auto error = impl->read_figures()) return std::move(*error);
    return SalesFile(std::move(impl));
}

SalesFile::SalesFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SalesFile::SalesFile(SalesFile&&) noexcept = default;
SalesFile& SalesFile::operator=(SalesFile&&) noexcept = default;
SalesFile::~SalesFile() = default;

const SalesFigures& SalesFile::figures() const {
    return impl_->figures();
}

void SalesFile::for_each_day(const Visitor& visit) const {
    impl_->for_each_day(visit);
}

std::map<std::uint64_t, std::string> SalesFile::txn_ids(
    const std::set<std::uint64_t>& lines) const {
    return impl_->txn_ids(lines);
}

}  // namespace tuma::replay
