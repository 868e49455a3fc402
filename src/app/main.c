/* The program `astrolabe`: parse, dispatch, exit status. */
#include "src/app/commands.h"

int main(int argc, char **argv)
{
    return commands_run(argc, argv);
}
