package repo

// Progress says how far the reading of a repository has come.
type Progress struct {
	// Bytes is how many bytes of the CAR file have been read.
	Bytes int64
	// Total is how many bytes the file has, as far as the reader can tell; -1
	// if it can't.
	Total int64
	// Records is how many records have been handed out.
	Records int64
}

// Between two calls of Options.Progress there are at least progressBytes or
// progressRecords.
const (
	progressBytes   = 1 << 20
	progressRecords = 1000
)

// meter calls Options.Progress, not too often.
type meter struct {
	report    func(Progress)
	now, last Progress
}

func newMeter(o *Options, total int64) *meter {
	return &meter{report: o.Progress, now: Progress{Total: total}, last: Progress{Bytes: -1}}
}

// update reports what has changed, if it is worth it.
func (m *meter) update() {
	if m.now.Bytes-m.last.Bytes >= progressBytes || m.now.Records-m.last.Records >= progressRecords {
		m.flush()
	}
}

// flush reports what has changed.
func (m *meter) flush() {
	if m.report == nil || m.now == m.last {
		return
	}
	m.last = m.now
	m.report(m.now)
}
