// Package tamper tells CloudWatch that stored commits were changed: they are only ever inserted, so whoever changes one is an
// intruder or an operator's mistake.
package tamper

import (
	"encoding/json"
	"io"
	"time"
)

// The metric, as the alarm on it has it: a count, by the function that saw it.
const (
	Namespace = "Annals"
	Metric    = "TamperedCommits"
	Dimension = "FunctionName"
)

// Count writes that so many records were seen that are no insertions: a line of CloudWatch's embedded metric format, which the
// log of a function is scanned for. It names no stream: that is for the line in the log beside it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func Count(w io.Writer, n int, function string, now time.Time) error {
	return json.NewEncoder(w).Encode(map[string]any{
		"_aws": map[string]any{
			"Timestamp": now.UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": Namespace, "Dimensions": [][]string{{Dimension}},
				"Metrics": []any{map[string]any{"Name": Metric, "Unit": "Count"}},
			}},
		},
		Dimension: function, Metric: n,
	})
}
