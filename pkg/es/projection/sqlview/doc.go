// Package sqlview stores projections in PostgreSQL, or in Aurora DSQL. Rows and checkpoint are written in one
// transaction. People query the tables that package sqltable declares: they are SQL views over the generation that
// serves. Start with [New].
//
// What a view stores, in the schema of [Config]: for each generation, a table of checkpoints and documents, one of own
// rows, one of append rows and one of counters, each with the typed columns beside the JSON; and the table
// "generations", which says for each generation of each projection by which declaration its tables were made.
package sqlview
