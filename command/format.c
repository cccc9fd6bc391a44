/* format: the daemon's lists as tables of text. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

struct table {
	size_t columns, count, room; /* cells */
	char **cells;
};

static void out_of_memory(void)
{
	fail("no memory for the table");
	exit(FAILED);
}

struct table *table_new(size_t columns, const char *const *headings)
{
	struct table *table = calloc(1, sizeof *table);
	if (!table)
		out_of_memory();
	table->columns = columns;
	table_add(table, headings);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	if (table->count + table->columns > table->room) {
		table->room = (table->count + table->columns) * 2;
		char **larger = realloc(table->cells, table->room * sizeof *larger);
		if (!larger)
			out_of_memory();
		table->cells = larger;
	}
	for (size_t i = 0; i < table->columns; i++) {
		char *cell = strdup(cells[i]);
		if (!cell)
			out_of_memory();
		table->cells[table->count++] = cell;
	}
}

static int width_of(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->count; i += table->columns) {
		size_t size = strlen(table->cells[i]);
		width = size > width ? size : width;
	}
	return (int)width;
}

/* Nothing is set behind the last cell of a line. */
static void print_cell(const struct table *table, size_t cell, int width, bool to_the_right)
{
	bool last = (cell + 1) % table->columns == 0;

	if (to_the_right)
		printf("%*s", width, table->cells[cell]);
	else
		printf("%-*s", last ? 0 : width, table->cells[cell]);
	printf("%*s", last ? 0 : GAP, "");
	if (last)
		putchar('\n');
}

void table_print(struct table *table, unsigned rights)
{
	int *widths = calloc(table->columns, sizeof *widths);
	if (!widths)
		out_of_memory();
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = width_of(table, i);
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns;
		print_cell(table, i, widths[column], (rights >> column & 1) != 0);
		free(table->cells[i]);
	}
	free(widths);
	free(table->cells);
	free(table);
}

const char *json_text(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "-";
}

int print_answer(const char *text, bool json, void (*print)(const json_t *list))
{
	json_t *list = json_loads(text, 0, NULL);

	if (!json_is_array(list)) {
		json_decref(list);
		return fail("the LAN's answer is no list: is it another version of berth?");
	}
	if (json)
		puts(text);
	else
		print(list);
	json_decref(list);
	return 0;
}

int print_list(const char *lan, enum control_kind kind, bool json,
	       void (*print)(const json_t *list))
{
	char *text = NULL;
	int daemon = control_connect(lan);

	if (daemon == -ENOENT || daemon == -ECONNREFUSED)
		return print_answer("[]", json, print);
	if (daemon < 0)
		return ask_connect_failed(lan, daemon);
	if (ask(daemon, kind, NULL, -1, &text) < 0)
		return FAILED;
	int status = print_answer(text, json, print);
	free(text);
	return status;
}
