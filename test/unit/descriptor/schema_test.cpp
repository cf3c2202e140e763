#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "descriptor/reader.h"
#include "support/temp_folder.h"
#include "unit/descriptor/reading.h"

/// The schema for editors says the same as the reader, as far as a schema can.
namespace tenon::descriptor {
namespace {

namespace fs = std::filesystem;

const fs::path kDescriptors = SHIPPED_DESCRIPTORS;
const fs::path kEveryConstruct = EVERY_CONSTRUCT;

/// Whether xmllint finds the file valid; what it says goes to the test's output.
bool is_valid(const fs::path& file) {
  const std::string command = std::string(XMLLINT) + " --noout --schema '" +
                              (kDescriptors / "schema/chains.xsd").string() + "' '" + file.string() + "'";
  return std::system(command.c_str()) == 0;
}

TEST(ChainSchema, accepts_the_chains_that_are_shipped) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(kDescriptors / "chains")) {
    EXPECT_TRUE(is_valid(entry.path())) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 0U);
}

TEST(ChainSchema, accepts_every_construct_as_the_reader_does) {
  EXPECT_TRUE(is_valid(kEveryConstruct));
  const Reading reading = read(test::read_file(kEveryConstruct));
  EXPECT_THAT(reading.messages, testing::IsEmpty());
  EXPECT_EQ(reading.descriptor.chains.size(), 4U);
}

TEST(ChainSchema, refuses_what_the_reader_refuses) {
  const test::TempFolder folder;
  for (const std::string content : {
           "<flow/>",
           "<flow class=''/>",
           "<flow class='f' timout='1s'/>",
           "<flow class='f' timeout='10'/>",
           "<flow class='f' retry='0'/>",
           "<flow class='f' retry='2' jitter='1.1'/>",
           "<flow class='f' retry='2' retry-on='*'/>",
           "<flow class='f' retry='2' retry-undo='maybe'/>",
           "<flow class='f' concurrency='host'/>",
           "<flow class='f' when='!!k'/>",
           "<flow class='f'>words</flow>",
           "<extension-point interface='i' call='undo'/>",
           "<chain name='x'/>",
           "<chain ref='x' grace='1s'/>",
           "<parallel/>",
           "<parallel limit='0'><flow class='f'/></parallel>",
           "<parallel><branch id='i'><flow class='f'/></branch></parallel>",
           "<input/><flow class='f'/>",
           "<flwo class='f'/>",
       }) {
    const std::string xml = "<chains xmlns='urn:tenon:chains'><chain name='c'>" + content + "</chain></chains>";
    EXPECT_FALSE(is_valid(folder.write("chains.xml", xml))) << content;
    EXPECT_THAT(read(xml).messages, testing::Not(testing::IsEmpty())) << content;
  }
}

}  // namespace
}  // namespace tenon::descriptor
