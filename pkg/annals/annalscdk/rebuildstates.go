package annalscdk

import (
	"bytes"
	"encoding/json"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// members is a JSON object with ordered members.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (all members) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	text.WriteByte('{')
	for i, m := range all {
		if i > 0 {
			text.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

// rebuildDefinition is the definition of the machine in Amazon States Language.
func (s *Service) rebuildDefinition() string {
	m := rebuildMachine{
		invoke:   "arn:" + *s.Stack.Partition() + ":states:::lambda:invoke",
		function: *s.Functions[annalsaws.Rebuilder].Lambda.FunctionArn(),
		segments: s.Settings.RebuildSegments, concurrency: s.Settings.RebuildConcurrency,
	}
	text, err := json.Marshal(m.states())
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return string(text)
}

type rebuildMachine struct {
	invoke, function      string
	segments, concurrency int
}

// states are:
//
//	Begin → Fill (a map over segments) → Survey → Compare (a map over segments) → Swap → Tidy
//
// Swap goes back to Survey if live writes prevented it. Tidy waits until the previous generation may be dropped, and
// drops it. A segment is repeated until it is done, so none needs more time than an invocation has. A permanent failure
// is recorded with the generation, and the execution fails. The serving generation is not changed, and the next
// execution continues from there.
func (m rebuildMachine) states() members {
	tidying := members{{"Variable", "$.tidy"}, {"IsPresent", true}, {"Next", "Tidy"}}
	return members{
		{"StartAt", "Start"},
		{"States", members{
			{"Start", members{{"Type", "Choice"}, {"Choices", []any{tidying}}, {"Default", "Begin"}}},
			{"Begin", m.task(projection.StageBegin, "Fill", "Fail")},
			{"Fill", m.overSegments("Fill", projection.StageFill, "Survey")},
			{"Survey", m.task(projection.StageSurvey, "Compare", "Fail")},
			{"Compare", m.overSegments("Compare", projection.StageCompare, "Swap")},
			{"Swap", m.task(projection.StageSwap, "Swapped", "Fail")},
			{"Swapped", done("Tidy", "Survey")},
			{"Tidy", m.task(projection.StageTidy, "Tidied", "Fail")},
			{"Keep", members{{"Type", "Wait"}, {"SecondsPath", "$.wait"}, {"Next", "Tidy"}}},
			{"Tidied", done("Rebuilt", "Keep")},
			{"Rebuilt", succeed},
			{"Fail", m.task(projection.StageFail, "Failed", "")},
			{"Failed", fail},
		}},
		{"Comment", "Rebuilds a read model beside the one that serves"},
	}
}

var (
	succeed = members{{"Type", "Succeed"}}
	fail    = members{{"Type", "Fail"}, {"ErrorPath", "$.error.Error"}, {"CausePath", "$.error.Cause"}}
)

// overSegments is a map over the segments of a stage. Each segment is its own execution: there may be more segments
// than one execution's history can hold, and each shows its own progress.
func (m rebuildMachine) overSegments(name, stage, next string) members {
	return members{
		{"Type", "Map"}, {"ResultPath", nil}, {"Next", next}, {"Catch", caught("Fail")}, {"ItemsPath", "$.segments"},
		{"ItemSelector", members{
			{"generation.$", "$.generation"}, {"projection.$", "$.projection"}, {"segment.$", "$$.Map.Item.Value"},
		}},
		{"ItemProcessor", members{
			{"ProcessorConfig", members{{"Mode", "DISTRIBUTED"}, {"ExecutionType", "STANDARD"}}},
			{"StartAt", name + "Segment"},
			{"States", members{
				{name + "Segment", m.task(stage, name+"SegmentDone", "Fail"+name)},
				{name + "SegmentDone", done(name+"Succeeded", name+"Segment")},
				{name + "Succeeded", succeed},
				{"Fail" + name, m.task(projection.StageFail, name+"Failed", "")},
				{name + "Failed", fail},
			}},
		}},
		{"MaxConcurrency", m.concurrency}, {"Label", name},
	}
}

// task invokes the rebuilder for a stage. Transient failures are retried for some minutes: throttling, outages, a
// process that ended, code that is about to be replaced.
func (m rebuildMachine) task(stage, next, catch string) members {
	task := members{{"Next", next}, {"Retry", []members{
		{{"ErrorEquals", []string{"RefusalError"}}, {"MaxAttempts", 0}},
		{
			{"ErrorEquals", []string{"States.ALL"}}, {"IntervalSeconds", 1}, {"MaxAttempts", 8}, {"BackoffRate", 2},
			{"MaxDelaySeconds", 120}, {"JitterStrategy", "FULL"},
		},
	}}}
	if catch != "" {
		task = append(task, member{"Catch", caught(catch)})
	}
	return append(task, members{
		{"Type", "Task"}, {"OutputPath", "$.Payload"}, {"Resource", m.invoke},
		{"Parameters", members{
			{"FunctionName", m.function},
			{"Payload", members{{"segments", m.segments}, {"stage.$", "$"}, {"task", stage}}},
		}},
	}...)
}

// caught keeps the state of the rebuild, and adds the error.
func caught(next string) []members {
	return []members{{{"ErrorEquals", []string{"States.ALL"}}, {"ResultPath", "$.error"}, {"Next", next}}}
}

// done goes to next if the stage is done, and otherwise to the other state.
func done(next, otherwise string) members {
	return members{
		{"Type", "Choice"},
		{"Choices", []members{{{"Variable", "$.done"}, {"BooleanEquals", true}, {"Next", next}}}},
		{"Default", otherwise},
	}
}
