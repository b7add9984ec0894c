// QR codes as PNG files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// A square black-and-white PNG of `pixels` on each side, the code in its middle as large as whole
/// pixels allow, at least four modules of white around it. Nothing when the text does not fit a QR
/// code or the code does not fit so few pixels.
std::optional<std::string> qr_png(std::string_view text, std::size_t pixels);

}  // namespace tuma::mpesa
