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

// Stage is where a rebuild is: what a state machine hands on from one invocation to the next. [Rebuilder.Advance] takes it on.
type Stage struct {
	Projection string `json:"projection"`
	// Fold is the least fold version that is wanted, 0 = any.
	Fold int `json:"fold,omitempty"`
	// Generation is the one that is built. To begin with, 0 = the one on its way, or a new one.
	Generation Generation `json:"generation,omitempty"`
	// Segments are the segments that are to be done next, Segment is one of them. Where there is nothing to do it is an empty
	// list, which the state machine maps over; it would fail where there is none.
	Segments []int `json:"segments,omitzero"`
	Segment  int   `json:"segment,omitempty"`
	// Attempt counts the verifications, from 1.
	Attempt int `json:"attempt,omitempty"`
	// Done says that there is no more to do of what was asked for; else it is to be asked for again, after so many seconds.
	Done bool `json:"done"`
	Wait int  `json:"wait"`
	// Tidy says that there is nothing to build.
	Tidy bool `json:"tidy,omitempty"`
	// Error is what ended it.
	Error *StageError `json:"error,omitempty"`
}

// StageError is what ended a rebuild, as Step Functions says it.
type StageError struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Starter starts what takes a stage on to its end, somewhere else: Begin, Fill of all segments, Survey, Compare of all
// segments, Swap, Tidy; Tidy alone of a stage that says so. The same name is started once.
type Starter interface {
	// Start starts it, unless the same name was started before.
	//
	// Errors: the starter's own. [Engine.Start] returns them.
	Start(ctx context.Context, name string, s Stage) error
}

// What [Rebuilder.Advance] can be asked for. Each may be asked for twice, and be interrupted anywhere.
const (
	// StageBegin registers the generation, or goes on with the one on its way, and returns its segments.
	StageBegin = "begin"
	// StageFill fills the segment, for as long as there is time.
	StageFill = "fill"
	// StageSurvey begins the verification, and returns its segments.
	StageSurvey = "survey"
	// StageCompare compares the segment with its events, for as long as there is time.
	StageCompare = "compare"
	// StageSwap lets the generation serve if it agrees with its events. If it is not done, it is to be surveyed once more.
	StageSwap = "swap"
	// StageTidy drops the generations whose time has come.
	StageTidy = "tidy"
	// StageFail notes with the generation what ended its rebuild.
	StageFail = "fail"
)

// Advance does what is asked for, as far as there is time, and returns the stage that it comes to. If somebody gave the
// generation up meanwhile, there is nothing left to do until Tidy.
//
// Errors: [VerificationError], [ErrNotRebuilt], [OldCodeError], [UnknownFoldError]; those of the store, the view, the catalog.
func (r *Rebuilder) Advance(ctx context.Context, what string, s Stage) (Stage, error) {
	steps := map[string]func(context.Context, *Stage) error{
		StageBegin: r.stageBegin, StageFill: r.stageFill, StageSurvey: r.stageSurvey, StageCompare: r.stageCompare,
		StageSwap: r.stageSwap, StageTidy: r.stageTidy, StageFail: r.stageFail,
	}
	step := steps[what]
	if step == nil {
		return s, fmt.Errorf("a rebuild has no stage %q", what)
	}
	s.Done, s.Wait = false, 0
	err := step(ctx, &s)
	switch {
	case errors.Is(err, ErrUnfinished):
		return s, nil
	case errors.Is(err, ErrNoGeneration):
		r.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "a generation was given up while it was built",
			slog.String("projection", s.Projection), slog.Int("generation", int(s.Generation)))
		s.Segments, s.Done = []int{}, true
		return s, nil
	}
	return s, err
}

// OldCodeError says that this code does not have the fold version yet that a rebuild is wanted of.
type OldCodeError struct {
	Projection  string
	Fold, Wants int
}

func (e *OldCodeError) Error() string {
	return fmt.Sprintf("projection %s has fold version %d in this code, and %d is to be built: deploy newer code", e.Projection, e.Fold, e.Wants)
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

// surveyNote and segmentNote name what is noted of a verification.
const surveyNote = "survey"

func segmentNote(segment int) string { return "segment-" + strconv.Itoa(segment) }

// stageSurvey leaves out a generation that serves: there is nothing to decide.
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

// stageCompare goes on with what was found of the segment in this survey.
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
	_, err = v.segment(ctx, s.Segment, from, func(f findings) error { return r.note(ctx, v.target, segmentNote(s.Segment), f) })
	s.Done = err == nil
	return err
}

// surveyed returns the verification of a stage, with all that is noted of it; nil if the generation serves.
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
		return nil, nil, fmt.Errorf("%s was not surveyed", t)
	}
	return v, notes, json.Unmarshal(notes[surveyNote], &v.survey)
}

// found is what was found of a segment so far; of another survey, nothing.
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

// stageSwap swaps if all segments were compared. Differences may be of live writes: the whole is compared again, some times.
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
	started := func(_ *Record, retired *Build) { retired.WorkerStarted = true } // this state machine goes on
	if err := r.swap(ctx, s.Projection, s.Generation, Building, started); err != nil {
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

// stageTidy forgets what was noted, too: it takes some kilobytes a segment.
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

// stageFail notes why with the generation that was built or, if it serves already, with those that were to be dropped.
func (r *Rebuilder) stageFail(ctx context.Context, s *Stage) error {
	why := "it ended without a reason"
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

// maxReason bounds what a record holds of a reason, in bytes.
const maxReason = 2000

// String is the error with its message, where the cause holds one as Lambda says it.
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
