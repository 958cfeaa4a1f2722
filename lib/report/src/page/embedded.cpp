#include "page/embedded.h"

// The assembler copies the files into the object; no generated source, no limit on the length of a literal.
#define DS_EMBED(name, path)                                                                              \
  __asm__(".pushsection .rodata\n.global ds_embedded_" #name "\nds_embedded_" #name ":\n.incbin \"" path  \
          "\"\n.global ds_embedded_" #name "_end\nds_embedded_" #name "_end:\n.byte 0\n.popsection\n");   \
  extern "C" const char ds_embedded_##name[], ds_embedded_##name##_end[];                                 \
  std::string_view ds::detail::name() {                                                                   \
    return {ds_embedded_##name, static_cast<std::size_t>(ds_embedded_##name##_end - ds_embedded_##name)}; \
  }

DS_EMBED(chart_js, DS_CHART_JS)
DS_EMBED(page_css, DS_PAGE_FOLDER "/page.css")
DS_EMBED(dark_css, DS_PAGE_FOLDER "/dark.css")
DS_EMBED(page_js, DS_PAGE_FOLDER "/page.js")
