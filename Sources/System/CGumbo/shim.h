#include <gumbo.h>

/* Parses without a list of errors: nobody reads it, and a broken page has millions. */
static inline GumboOutput *_Nullable tandem_gumbo_parse(const char *_Nonnull text, size_t length) {
  GumboOptions options = kGumboDefaultOptions;
  options.tab_stop = 1;
  options.max_errors = 0;
  return gumbo_parse_with_options(&options, text, length);
}

static inline void tandem_gumbo_free(GumboOutput *_Nonnull output) {
  gumbo_destroy_output(&kGumboDefaultOptions, output);
}
