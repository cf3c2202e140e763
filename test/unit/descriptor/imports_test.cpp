#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "descriptor/reader.h"
#include "descriptor/source_text.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReadDescriptors : public InFolder {
 protected:
  /// Reads the files; what went wrong is in `messages`, the order in which they came in the result.
  std::vector<std::string> read_files(const std::vector<std::filesystem::path>& files) {
    Diagnostics diagnostics;
    std::vector<std::string> names;
    for (const Descriptor& descriptor : read_descriptors(files, {}, diagnostics)) names.push_back(descriptor.file);
    messages = messages_of(diagnostics);
    return names;
  }

  static void write_importer(const std::string& file, const std::vector<std::string>& imports) {
    std::string text = "<beans>";
    for (const std::string& import : imports) text += "\n<import resource='" + import + "'/>";
    write(file, text + "</beans>");
  }

  std::vector<std::string> messages;
};

TEST_F(ReadDescriptors, come_in_the_order_given_each_after_what_it_imports) {
  write_importer("b.xml", {"sub/c.xml"});
  write_importer("sub/c.xml", {"../a.xml", "./d.xml"});
  write_importer("sub/d.xml", {});
  write_importer("a.xml", {});
  write_importer("z.xml", {"a.xml"});
  EXPECT_THAT(read_files({"z.xml", "b.xml"}), ElementsAre("a.xml", "z.xml", "sub/d.xml", "sub/c.xml", "b.xml"));
  EXPECT_THAT(messages, IsEmpty());
}

TEST_F(ReadDescriptors, are_read_once_whatever_they_are_called) {
  write_importer("a.xml", {"c.xml", "d.xml"});
  write_importer("c.xml", {});
  std::filesystem::create_symlink("c.xml", "d.xml");
  EXPECT_THAT(read_files({"a.xml", "./a.xml", std::filesystem::absolute("c.xml")}), ElementsAre("c.xml", "a.xml"));
  EXPECT_THAT(messages, IsEmpty());
}

TEST_F(ReadDescriptors, are_named_in_places_as_given_and_imports_relative_to_that) {
  write_importer("etc/a.xml", {"../lib/b.xml"});
  write("lib/b.xml", "<beans><ben/></beans>");
  read_files({"./etc/a.xml"});
  EXPECT_THAT(messages, ElementsAre("lib/b.xml:1:8: error: unknown element 'ben' in <beans> (did you mean 'bean'?)"));
}

TEST_F(ReadDescriptors, that_import_each_other_are_refused_with_the_path) {
  write_importer("start.xml", {"a.xml"});
  write_importer("a.xml", {"b.xml"});
  write_importer("b.xml", {"c.xml", "a.xml"});
  write_importer("c.xml", {});
  read_files({"start.xml", "b.xml"});
  EXPECT_THAT(messages, ElementsAre("b.xml:3:9: error: imports go in a circle: a.xml -> b.xml -> a.xml"));
}

TEST_F(ReadDescriptors, that_import_themselves_are_refused) {
  write_importer("a.xml", {"./a.xml"});
  read_files({"a.xml"});
  EXPECT_THAT(messages, ElementsAre("a.xml:2:9: error: imports go in a circle: a.xml -> a.xml"));
}

TEST_F(ReadDescriptors, that_cannot_be_read_are_errors_and_never_waited_for) {
  ASSERT_EQ(::mkfifo("fifo.xml", 0600), 0);
  std::filesystem::create_directory("folder.xml");
  write("large.xml", "<beans>" + std::string(kLargestFile, ' ') + "</beans>");
  write_importer("importer.xml", {"none.xml"});
  read_files({"fifo.xml", "folder.xml", "large.xml", "none.xml", "importer.xml"});
  EXPECT_THAT(messages, ElementsAre("fifo.xml: error: cannot read: not a regular file",
                                    "folder.xml: error: cannot read: Is a directory",
                                    "importer.xml:2:9: error: cannot import 'none.xml': No such file or directory",
                                    "large.xml: error: cannot read: larger than 4 MiB",
                                    "none.xml: error: cannot read: No such file or directory"));
}

}  // namespace
}  // namespace tenon::descriptor
