#include "protocols/mpesa/apis/qr_image.h"

#include "ledger/words/ensure.h"

#include <qrencode.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tuma::mpesa {
namespace {

constexpr std::size_t quiet_modules = 4;
constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;

// Null when it does not fit. Readers guess at characters beyond ASCII unless they are told which
// they are, by an Extended Channel Interpretation (ECI).
Code encoded(std::string_view text) {
    constexpr unsigned utf8 = 26;
    // Version 0 means the smallest that holds the text.
    const std::unique_ptr<QRinput, decltype(&QRinput_free)> input(QRinput_new2(0, QR_ECLEVEL_M),
                                                                  &QRinput_free);
    ensure(input != nullptr, "any version and a level of its own make an input");
    const bool is_ascii = std::all_of(text.begin(), text.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!is_ascii) QRinput_appendECIheader(input.get(), utf8);
    // This mode takes any byte, and a text is never empty here, so that nothing can be refused.
    QRinput_append(input.get(), QR_MODE_8, static_cast<int>(text.size()),
                   reinterpret_cast<const unsigned char*>(text.data()));
    return {QRcode_encodeInput(input.get()), &QRcode_free};
}

void append_number(std::string& bytes, std::uint32_t number) {
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        bytes += static_cast<char>((number >> shift) & 0xFFU);
}

void append_chunk(std::string& png, std::string_view type, std::string_view content) {
    append_number(png, static_cast<std::uint32_t>(content.size()));
    // The checksum covers type and content, but not the length.
    const std::size_t start = png.size();
    png += type;
    png += content;
    const auto* const covered = reinterpret_cast<const Bytef*>(png.data() + start);
    append_number(
        png, static_cast<std::uint32_t>(crc32(0, covered, static_cast<uInt>(png.size() - start))));
}

// Rows of one bit a pixel, white is 1, each with a filter byte of 0 in front.
std::string raster(const QRcode& code, std::size_t pixels) {
    const auto modules = static_cast<std::size_t>(code.width);
    // Whole pixels a module: blurred edges are what readers fail at. At least 1, because qr_png()
    // has looked.
    const std::size_t scale = pixels / (modules + 2 * quiet_modules);
    const std::size_t margin = (pixels - modules * scale) / 2;
    const std::size_t row_bytes = 1 + (pixels + 7) / 8;
    std::string rows(pixels * row_bytes, '\xFF');
    for (std::size_t y = 0; y < pixels; ++y) {
        // Rows are not filtered: with one bit a pixel, equal rows pack well as they are.
        rows[y * row_bytes] = 0;
        if (y < margin || y >= margin + modules * scale) continue;
        for (std::size_t x = margin; x < margin + modules * scale; ++x) {
            const std::size_t module = (y - margin) / scale * modules + (x - margin) / scale;
            // The library's other bits say what a module is for.
            if ((code.data[module] & 1U) == 0) continue;
            char& byte = rows[y * row_bytes + 1 + x / 8];
            byte = static_cast<char>(static_cast<unsigned char>(byte) & ~(0x80U >> (x % 8)));
        }
    }
    return rows;
}

std::string deflated(const std::string& bytes) {
    uLongf size = compressBound(static_cast<uLong>(bytes.size()));
    std::string packed(size, '\0');
    // The room is what zlib itself has named, so that it is never too little.
    compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
              reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
              Z_BEST_COMPRESSION);
    packed.resize(size);
    return packed;
}

}  // namespace

std::optional<std::string> qr_png(std::string_view text, std::size_t pixels) {
    const Code code = encoded(text);
    if (code == nullptr) return std::nullopt;
    // Less than a pixel a module cannot be drawn.
    if (pixels < static_cast<std::size_t>(code->width) + 2 * quiet_modules) return std::nullopt;
    std::string header;
    append_number(header, static_cast<std::uint32_t>(pixels));
    append_number(header, static_cast<std::uint32_t>(pixels));
    // One bit a pixel, greyscale, the only compression, filter and order that there is.
    header += std::string("\x01\x00\x00\x00\x00", 5);
    std::string png(png_signature);
    append_chunk(png, "IHDR", header);
    append_chunk(png, "IDAT", deflated(raster(*code, pixels)));
    append_chunk(png, "IEND", {});
    return png;
}

}  // namespace tuma::mpesa
