#include "ledger/store/head_mark.h"

#include "ledger/store/file_bytes.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace tuma::ledger {
namespace {

// Apart, so that no torn write and no lost page takes both.
constexpr std::array<std::size_t, 2> slots{0, 4096};
constexpr std::size_t file_bytes = 8192;

std::span<const std::byte> bytes_of(const HeadMark& mark) {
    return std::as_bytes(std::span{&mark, 1});
}

Hash check_of(const HeadMark& mark) {
    // Everything but the hash itself, in the struct's own bytes: it has no padding.
    return sha256(bytes_of(mark).first(sizeof mark - sizeof mark.check));
}

struct Slot {
    HeadMark mark;
    std::size_t offset = 0;
};

// The mark at this place, if it is whole.
std::optional<HeadMark> mark_at(const FileHandle& file, std::size_t offset) {
    if (file.size() < offset + sizeof(HeadMark)) return std::nullopt;
    HeadMark mark;
    file.read(offset, std::as_writable_bytes(std::span{&mark, 1}));
    if (mark.magic != HeadMark{}.magic || mark.check != check_of(mark)) return std::nullopt;
    return mark;
}

// A running server may be writing at this moment.
bool is_spoilt(const FileHandle& file, std::size_t offset) {
    constexpr int looks = 5;
    for (int look = 0; look < looks; ++look)
        if (mark_at(file, offset)) return false;
    return true;
}

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view what) {
    throw StoreError(fmt::format("{}: {}", path.string(), what));
}

// The newer slot that is whole.
Slot newest(const FileHandle& file) {
    std::optional<Slot> found;
    for (const std::size_t offset : slots) {
        const std::optional<HeadMark> mark = mark_at(file, offset);
        if (!mark) continue;
        if (mark->version != HeadMark{}.version)
            refuse(file.path(), fmt::format("is a head mark of version {}, this program knows {}; "
                                            "use the newer program",
                                            mark->version, HeadMark{}.version));
        if (!found || mark->sequence > found->mark.sequence) found = Slot{*mark, offset};
    }
    // No mark and a broken mark are not the same. The first may be an old directory, the second
    // hides something.
    if (!found)
        refuse(file.path(),
               "is no whole head mark, so that nobody can say whether the journal's end is all "
               "there; restore it together with the journal from a copy, or remove it, and the "
               "next start says how to go on without");
    return *found;
}

}  // namespace

std::filesystem::path head_path(const std::filesystem::path& directory) {
    return directory / "head";
}

std::optional<HeadMark> read_head(const std::filesystem::path& directory) {
    const auto path = head_path(directory);
    std::error_code error;
    // An error is no proof that the file is missing; the next line then says what is wrong.
    if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
    return newest(FileHandle::open(path)).mark;
}

std::optional<HeadFlaw> flaw_of_head(const std::filesystem::path& directory) {
    const auto path = head_path(directory);
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return std::nullopt;
    const FileHandle file = FileHandle::open(path);
    if (file.size() < file_bytes)
        return HeadFlaw{fmt::format("{}: is cut short: {} of {} bytes; restore it from a copy",
                                    path.string(), file.size(), file_bytes),
                        true};
    const bool first = is_spoilt(file, slots[0]);
    const bool second = is_spoilt(file, slots[1]);
    // Without either there is no mark, which is said where it is read.
    if (first == second) return std::nullopt;
    return HeadFlaw{
        fmt::format("{}: the {} of its two slots is not whole, the other one counts; a process "
                    "that was killed can leave one so, and the next batch is written over it",
                    path.string(), first ? "first" : "second"),
        false};
}

void HeadFile::replace(const std::filesystem::path& directory, const HeadMark& mark) {
    const auto path = head_path(directory);
    auto partial = path;
    partial += ".partial";
    HeadMark whole = mark;
    whole.check = check_of(whole);
    std::vector<std::byte> bytes(file_bytes);
    const auto slot = bytes_of(whole);
    // Both slots get the same mark, so that the older one cannot come back after the next torn
    // write.
    for (const std::size_t offset : slots)
        std::copy(slot.begin(), slot.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    // Closed before it is renamed: its name must never stand for bytes that are not on disk.
    {
        FileHandle file = FileHandle::create(partial);
        file.write(bytes);
        file.sync();
    }
    give_name(partial, path);
}

HeadFile::HeadFile(const std::filesystem::path& directory, const HeadMark& first) {
    std::error_code error;
    // New books get a mark before their first batch, so that a missing one always means something.
    if (!std::filesystem::exists(head_path(directory), error)) replace(directory, first);
    const FileHandle file = FileHandle::open_to_change(head_path(directory));
    const Slot slot = newest(file);
    mark_ = slot.mark;
    // The other slot is written next: the newest whole one must survive until its successor is
    // whole.
    next_offset_ = slot.offset == slots[0] ? slots[1] : slots[0];
    // Beyond the end of a file nothing can be written through a mapping.
    if (file.size() < file_bytes) refuse(file.path(), "is cut short; restore it from a copy");
    void* const mapped =
        // Mapped, because it is written after every group. What a killed process has put into the
        // page is the kernel's to write.
        mmap(nullptr, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0);
    if (mapped == MAP_FAILED)
        refuse(file.path(),
               fmt::format("cannot be mapped: {}", std::generic_category().message(errno)));
    bytes_ = static_cast<std::byte*>(mapped);
}

HeadFile::~HeadFile() {
    munmap(bytes_, file_bytes);
}

void HeadFile::write(const BatchHeader& header, const Hash& hash, std::uint32_t segment) {
    mark_.sequence = header.sequence;
    mark_.next_transfer = header.next_transfer;
    mark_.segment = segment;
    mark_.hash = hash;
    mark_.check = check_of(mark_);
    // One copy of 128 bytes within a page. Torn or not, its hash tells.
    std::memcpy(bytes_ + next_offset_, &mark_, sizeof mark_);
    next_offset_ = next_offset_ == slots[0] ? slots[1] : slots[0];
}

}  // namespace tuma::ledger
