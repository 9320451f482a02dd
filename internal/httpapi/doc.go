// Package httpapi is the edge of an HTTP API: it turns requests into commands and queries, and what comes of them into
// answers. What commands and queries there are, it is told: see [New], [Create], [Change], [Get].
//
// Routing, validation and the OpenAPI document are huma's (github.com/danielgtaylor/huma/v2, on net/http's ServeMux): each
// operation is declared once, with its Go types. Errors become problem details (RFC 9457) in one place, see API.problem.
//
// What huma costs, measured on a Lambda bootstrap from the start of the process to its first answer, beside the same with
// a ServeMux alone: 4.3 ms with 17 commands (12.1 against 7.8 ms, medians of 61) and 0.8 MB (8.7 against 7.9 MB, arm64).
// That is once a process; BenchmarkCommands of shop/api watches it.
package httpapi
