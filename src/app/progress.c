/* Carriage return, the line, and blanks over what was longer before. */
#include "src/app/progress.h"

#include <string.h>

void progress_format(char text[PROGRESS_LINE_BYTES],
                     const struct astrolabe_progress *snapshot)
{
    (void)snprintf(text, PROGRESS_LINE_BYTES,
                   "%.1f s  open %llu  closed %llu  proved %.2f %%  "
                   "bound %.3g",
                   snapshot->elapsed_s,
                   (unsigned long long)snapshot->open_nodes,
                   (unsigned long long)snapshot->closed_nodes,
                   100.0 * snapshot->proved_share, snapshot->best_bound);
}

void progress_show(void *context, const struct astrolabe_progress *snapshot)
{
    struct progress *progress = context;
    char text[PROGRESS_LINE_BYTES];
    progress_format(text, snapshot);
    const size_t n = strlen(text);
    const size_t n_blank = progress->n_shown > n ? progress->n_shown - n : 0;
    (void)fprintf(progress->file, "\r%s%*s", text, (int)n_blank, "");
    (void)fflush(progress->file);
    progress->n_shown = n;
}

void progress_clear(struct progress *progress)
{
    if (progress->n_shown > 0) {
        (void)fprintf(progress->file, "\r%*s\r", (int)progress->n_shown, "");
        (void)fflush(progress->file);
        progress->n_shown = 0;
    }
}
