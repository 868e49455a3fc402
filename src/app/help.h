/* Help texts, made from the tables of commands and options. */
#ifndef ASTROLABE_APP_HELP_H
#define ASTROLABE_APP_HELP_H

#include <stdio.h>

struct command;

/* Usage and options of a command, or of the program (NULL). */
void help_print(FILE *file, const struct command *command);

/* One line after a usage error: where the help is. */
void help_hint(FILE *file, const struct command *command);

#endif
