#pragma once

#include <filesystem>
#include <functional>
#include <string>

/// Changes of one line of a properties file, which leave everything else as it is.
namespace tenon::cli {

/// The text with the property set: in the place of the line that sets it, else behind the comment that shows its
/// default (`#name = …`), else at the end. Throws Failure for a name that is none, a value that a line can't hold, and
/// a text that sets the property twice.
[[nodiscard]] std::string with_property(const std::string& text, const std::string& name, const std::string& value);

/// The text without the line that sets the property. Throws Failure if there is none, or if there are two.
[[nodiscard]] std::string without_property(const std::string& text, const std::string& name);

/// Replaces the file by what `edit` makes of its text: whole and synced, or not at all. Its owner and mode stay; of a
/// symbolic link the file that it leads to is replaced. Throws Failure with the reason.
void edit_property_file(const std::filesystem::path& file, const std::function<std::string(const std::string&)>& edit);

}  // namespace tenon::cli
