// Package searchview stores a projection in OpenSearch: its documents, in an index for each generation. Start with
// [New].
//
// A save is one request, [View.Checkpoints] is one. A document is hidden instead of deleted: OpenSearch forgets a
// deletion after a minute, and a late write would then bring the document back. Searches show a document about a second
// after it was stored: see [View.Visible].
package searchview
