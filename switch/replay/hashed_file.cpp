#include "switch/replay/hashed_file.h"

#include <ios>
#include <span>

namespace tuma::replay {

HashedFile::HashedFile(const std::filesystem::path& path)
    : file_(std::fopen(path.c_str(), "rb")), stream_(this) {
    if (file_) static_cast<void>(std::setvbuf(file_.get(), nullptr, _IONBF, 0));
}

std::streamsize HashedFile::xsgetn(char* to, std::streamsize count) {
    std::streamsize done = 0;
    if (gptr() != egptr() && count > 0) {
        to[done++] = *gptr();
        gbump(1);
    }
    if (!file_ || done == count) return done;
    const std::size_t got =
        std::fread(to + done, 1, static_cast<std::size_t>(count - done), file_.get());
    // A stream turns the exception into its bad bit, which a reader tells from the end.
    if (std::ferror(file_.get()) != 0) throw std::ios_base::failure("cannot be read");
    sha_.update(std::as_bytes(std::span{to + done, got}));
    bytes_read_ += got;
    return done + static_cast<std::streamsize>(got);
}

HashedFile::int_type HashedFile::underflow() {
    if (xsgetn(&byte_, 1) != 1) return traits_type::eof();
    setg(&byte_, &byte_, &byte_ + 1);
    return traits_type::to_int_type(byte_);
}

}  // namespace tuma::replay
