/* Prints the two tables. */
#include "src/app/help.h"

#include "src/app/commands.h"
#include "src/base/options.h"

enum { COLUMN = 28 };

/* `left` in a column of its own, `right` beside or below it. */
static void print_row(FILE *file, const char *left, const char *right)
{
    const int width = fprintf(file, "  %s", left);
    if (width > COLUMN - 2) {
        (void)fprintf(file, "\n%*s%s\n", COLUMN, "", right);
    } else {
        (void)fprintf(file, "%*s%s\n", COLUMN - width, "", right);
    }
}

static void print_options(FILE *file, const char *command)
{
    (void)fprintf(file, "\nOptions:\n");
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        const enum option option = (enum option)i;
        if (options_applies(option, command)) {
            const struct option_row *row = options_row(option);
            char left[96];
            char right[160];
            options_usage(left, sizeof left, option);
            (void)snprintf(right, sizeof right, "%s%s%s%s", row->description,
                           row->fallback == NULL ? "" : " (default ",
                           row->fallback == NULL ? "" : row->fallback,
                           row->fallback == NULL ? "" : ")");
            print_row(file, left, right);
        }
    }
}

static void print_program(FILE *file)
{
    (void)fprintf(file, "Usage: astrolabe COMMAND ARGUMENTS...\n"
                        "Formal verification of neural networks.\n"
                        "\nCommands:\n");
    for (size_t i = 0; i < commands_count(); i++) {
        print_row(file, commands_at(i)->name, commands_at(i)->summary);
    }
    print_options(file, "-");
    (void)fprintf(file, "\nExit status: 0 verdict printed, 1 error, "
                        "2 usage.\n");
}

void help_print(FILE *file, const struct command *command)
{
    if (command == NULL) {
        print_program(file);
        return;
    }
    (void)fprintf(file, "Usage: astrolabe %s %s [OPTIONS]\n  %s\n",
                  command->name, command->operands, command->summary);
    print_options(file, command->name);
}

void help_hint(FILE *file, const struct command *command)
{
    (void)fprintf(file, "Try 'astrolabe%s%s --help'.\n",
                  command == NULL ? "" : " ",
                  command == NULL ? "" : command->name);
}
