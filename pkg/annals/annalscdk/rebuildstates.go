package annalscdk

import "github.com/annals-es/annals/pkg/es/projection"

type rebuildMachine struct {
	rebuilder             invocation
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
			{"Keep", wait("Tidy")},
			{"Tidied", done("Rebuilt", "Keep")},
			{"Rebuilt", succeed},
			{"Fail", m.task(projection.StageFail, "Failed", "")},
			{"Failed", fail},
		}},
		{"Comment", "Rebuilds a read model beside the one that serves"},
	}
}

var fail = members{{"Type", "Fail"}, {"ErrorPath", "$.error.Error"}, {"CausePath", "$.error.Cause"}}

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

// task invokes the rebuilder for a stage.
func (m rebuildMachine) task(stage, next, catch string) members {
	return m.rebuilder.task(members{{"segments", m.segments}, {"stage.$", "$"}, {"task", stage}}, next, catch)
}
