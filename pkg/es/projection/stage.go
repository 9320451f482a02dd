package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Stage is the state of a rebuild that a state machine passes from one invocation to the next. [Rebuilder.Advance]
// takes and returns it.
type Stage struct {
	Projection string `json:"projection"`
	// Fold is the lowest fold version wanted, 0 = any.
	Fold int `json:"fold,omitempty"`
	// Generation is the one that is built. 0 in the first stage = the one that is being built, or else a new one.
	Generation Generation `json:"generation,omitempty"`
	// Segments are the segments to process next, Segment is one of them. If there is nothing to do, it is an empty
	// list, not absent: the state machine maps over it, and fails without it.
	Segments []int `json:"segments,omitzero"`
	Segment  int   `json:"segment,omitempty"`
	// Attempt counts the verifications, from 1.
	Attempt int `json:"attempt,omitempty"`
	// Done means that the requested step is complete. If not, call Advance with the same step again, after Wait
	// seconds.
	Done bool `json:"done"`
	Wait int  `json:"wait"`
	// Tidy means that there is nothing to build, only generations to drop.
	Tidy bool `json:"tidy,omitempty"`
	// Error is why the rebuild failed.
	Error *StageError `json:"error,omitempty"`
}

// StageError is why a rebuild failed, in the form of Step Functions.
type StageError struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Starter starts a worker that takes a stage to its end, for example a state machine. The steps are: Begin; Fill of all
// segments; Survey; Compare of all segments; Swap; Tidy. If the stage says Tidy, it is that step alone. A worker of the
// same name is started once.
type Starter interface {
	// Start starts a worker, unless one of that name was started before.
	//
	// Errors: the starter's own. [Engine.Start] returns them.
	Start(ctx context.Context, name string, s Stage) error
}

// The steps for [Rebuilder.Advance]. Each may be called twice, and may be interrupted at any point.
const (
	// StageBegin registers the generation, or continues with the one that is being built, and returns its segments.
	StageBegin = "begin"
	// StageFill fills the segment, as far as there is time.
	StageFill = "fill"
	// StageSurvey begins the verification, and returns its segments.
	StageSurvey = "survey"
	// StageCompare compares the segment with its events, as far as there is time.
	StageCompare = "compare"
	// StageSwap lets the generation serve if it agrees with its events. If it returns a stage that is not done, begin
	// again with StageSurvey.
	StageSwap = "swap"
	// StageTidy drops the generations that are due.
	StageTidy = "tidy"
	// StageFail records the reason why the rebuild failed with the generation.
	StageFail = "fail"
)

// Advance does one step, as far as there is time, and returns the new stage. If the generation was given up
// concurrently, there is nothing left to do until Tidy.
//
// Errors: [VerificationError], [ErrNotRebuilt], [OldCodeError], [UnknownFoldError]; those of the store, the view and
// the catalog.
func (r *Rebuilder) Advance(ctx context.Context, what string, s Stage) (Stage, error) {
	steps := map[string]func(context.Context, *Stage) error{
		StageBegin: r.stageBegin, StageFill: r.stageFill, StageSurvey: r.stageSurvey, StageCompare: r.stageCompare,
		StageSwap: r.stageSwap, StageTidy: r.stageTidy, StageFail: r.stageFail,
	}
	step := steps[what]
	if step == nil {
		return s, fmt.Errorf("unknown rebuild stage %q", what)
	}
	s.Done, s.Wait = false, 0
	err := step(ctx, &s)
	switch {
	case errors.Is(err, ErrUnfinished):
		return s, nil
	case errors.Is(err, ErrNoGeneration):
		r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a generation was given up during its rebuild",
			slog.String("projection", s.Projection), slog.Int("generation", int(s.Generation)))
		s.Segments, s.Done = []int{}, true
		return s, nil
	}
	return s, err
}

// OldCodeError reports that this code does not have the fold version that a rebuild asks for.
type OldCodeError struct {
	Projection  string
	Fold, Wants int
}

func (e *OldCodeError) Error() string {
	return fmt.Sprintf("projection %s: fold version %d is to be built, but this code has version %d: deploy newer code",
		e.Projection, e.Wants, e.Fold)
}

func (r *Rebuilder) stageBegin(ctx context.Context, s *Stage) error {
	sub, record, err := r.engine.record(ctx, s.Projection)
	if err != nil {
		return err
	}
	if fold := sub.Projection.FoldVersion(); fold < s.Fold {
		return &OldCodeError{s.Projection, fold, s.Fold}
	}
	var b Build
	switch known := record.Build(s.Generation); {
	case s.Generation == 0:
		b, err = r.Begin(ctx, s.Projection)
	case known == nil:
		err = ErrNoGeneration
	default:
		next := record.clone()
		b, err = *known, r.mend(ctx, next, next.Build(s.Generation))
	}
	s.Generation, s.Segments = b.Generation, numbers(b.Segments)
	return err
}

// numbers are 0 .. n-1.
func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (r *Rebuilder) stageFill(ctx context.Context, s *Stage) error {
	_, err := r.Fill(ctx, s.Projection, s.Generation, s.Segment, nil)
	s.Done = err == nil
	return err
}

// surveyNote and segmentNote are the names of a verification's notes.
const surveyNote = "survey"

func segmentNote(segment int) string { return "segment-" + strconv.Itoa(segment) }

// stageSurvey does nothing for a serving generation: there is nothing to decide.
func (r *Rebuilder) stageSurvey(ctx context.Context, s *Stage) error {
	s.Attempt++
	t, err := r.filled(ctx, s.Projection, s.Generation)
	if err != nil {
		return err
	}
	if t.Status == Serving {
		s.Segments, s.Done = []int{}, true
		return nil
	}
	chosen, err := r.survey(ctx, t)
	if err != nil {
		return err
	}
	s.Segments, s.Done = numbers(chosen.Segments), true
	return r.note(ctx, t, surveyNote, chosen)
}

// stageCompare continues with the segment's findings in this survey.
func (r *Rebuilder) stageCompare(ctx context.Context, s *Stage) error {
	v, notes, err := r.surveyed(ctx, s)
	if err != nil || v == nil {
		s.Done = err == nil
		return err
	}
	from, err := v.found(notes, s.Segment)
	if err != nil {
		return err
	}
	_, err = v.segment(ctx, s.Segment, from, func(f findings) error {
		return r.note(ctx, v.target, segmentNote(s.Segment), f)
	})
	s.Done = err == nil
	return err
}

// surveyed returns the verification of a stage, with all its notes; nil if the generation serves.
func (r *Rebuilder) surveyed(ctx context.Context, s *Stage) (*verification, map[string]json.RawMessage, error) {
	t, err := r.filled(ctx, s.Projection, s.Generation)
	if err != nil || t.Status == Serving {
		return nil, nil, err
	}
	notes, err := r.engine.catalog.Notes(ctx, s.Projection, s.Generation)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: notes: %w", t, err)
	}
	v := &verification{rebuilder: r, target: t, heals: true}
	if notes[surveyNote] == nil {
		return nil, nil, fmt.Errorf("%s: its verification has not begun: run the stage survey", t)
	}
	return v, notes, json.Unmarshal(notes[surveyNote], &v.survey)
}

// found returns the findings of a segment so far. Findings of another survey do not count.
func (v *verification) found(notes map[string]json.RawMessage, segment int) (findings, error) {
	var f findings
	if text := notes[segmentNote(segment)]; text != nil {
		if err := json.Unmarshal(text, &f); err != nil {
			return f, fmt.Errorf("%s: findings of segment %d: %w", v.target, segment, err)
		}
	}
	if f.Survey != v.survey.ID {
		f = findings{Survey: v.survey.ID}
	}
	return f, nil
}

func (r *Rebuilder) note(ctx context.Context, t *target, name string, what any) error {
	text, err := json.Marshal(what)
	if err == nil {
		err = r.engine.catalog.SaveNote(ctx, t.sub.name(), t.Generation, name, text)
	}
	if err != nil {
		return fmt.Errorf("%s: note %s: %w", t, name, err)
	}
	return nil
}

// stageSwap swaps if all segments were compared. Live writes can cause differences, so the whole comparison is repeated
// a few times. So is it during an outage of the projection's store.
func (r *Rebuilder) stageSwap(ctx context.Context, s *Stage) error {
	v, notes, err := r.surveyed(ctx, s)
	if err != nil || v == nil {
		s.Done = err == nil
		return err
	}
	all := make([]findings, v.survey.Segments)
	for i := range all {
		if all[i], err = v.found(notes, i); err != nil {
			return err
		}
		if all[i].Position != es.End {
			return r.again(s, fmt.Errorf("segment %d of %s was not compared", i, v.target))
		}
	}
	report, err := v.conclude(ctx, all)
	if differs := (*VerificationError)(nil); errors.As(err, &differs) {
		return r.again(s, err)
	}
	if err != nil {
		return err
	}
	started := func(_ *Record, retired *Build) { retired.WorkerStarted = true } // this state machine drops it later
	err = r.swap(ctx, s.Projection, s.Generation, Building, started)
	if _, isOut := errors.AsType[*OutageError](err); isOut {
		return r.again(s, err)
	}
	if err != nil {
		return err
	}
	s.Done = true
	r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a generation agrees with its events", slog.String("projection", s.Projection),
		slog.Int("generation", int(s.Generation)), slog.Any("report", report))
	return nil
}

func (r *Rebuilder) again(s *Stage, err error) error {
	if s.Attempt < verifyAttempts {
		return nil // not done
	}
	return err
}

// stageTidy also deletes the generation's notes: they take some kilobytes a segment.
func (r *Rebuilder) stageTidy(ctx context.Context, s *Stage) error {
	if s.Generation > 0 {
		if err := r.forget(ctx, s); err != nil {
			return err
		}
	}
	after, err := r.Tidy(ctx, s.Projection)
	if err != nil {
		return err
	}
	s.Done, s.Wait = after == 0, int((after+time.Second-1)/time.Second)
	return nil
}

func (r *Rebuilder) forget(ctx context.Context, s *Stage) error {
	notes, err := r.engine.catalog.Notes(ctx, s.Projection, s.Generation)
	for name := range notes {
		err = errors.Join(err, r.engine.catalog.SaveNote(ctx, s.Projection, s.Generation, name, nil))
	}
	return err
}

// stageFail records the reason with the generation that is being built or, if it already serves, with the generations
// that were to be dropped.
func (r *Rebuilder) stageFail(ctx context.Context, s *Stage) error {
	why := "the rebuild gave no reason"
	if s.Error != nil {
		why = s.Error.String()
	}
	why = why[:min(len(why), maxReason)]
	s.Done = true
	return r.change(ctx, s.Projection, func(next *Record) error {
		own := next.Build(s.Generation)
		building := own != nil && !own.leaves() && (own.Status != Serving || !own.Filled)
		for i := range next.Builds {
			if b := &next.Builds[i]; b.Failure == "" && (building && b == own || !building && b.leaves()) {
				b.Failure = why
			}
		}
		return nil
	})
}

// maxReason limits the length of a reason in a record, in bytes.
const maxReason = 2000

// String returns the error with its message. If the cause is an error of a Lambda function, the message is taken from
// it.
func (e *StageError) String() string {
	var of struct {
		Message string `json:"errorMessage"`
	}
	text := e.Cause
	if json.Unmarshal([]byte(e.Cause), &of) == nil && of.Message != "" {
		text = of.Message
	}
	return e.Error + ": " + text
}
