package plctest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/syntax"
)

// maxBody is the largest request, in bytes.
const maxBody = 100 << 10

// routes sets up the endpoints.
//
// https://web.plc.directory/api/redoc
func (d *Directory) routes() {
	d.mux = http.NewServeMux()
	d.mux.HandleFunc("GET /_health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"version": d.o.Version})
	})
	d.mux.HandleFunc("GET /export", d.serveExport)
	d.mux.HandleFunc("GET /export/stream", d.serveStream)
	d.mux.HandleFunc("GET /{did}", d.about(d.serveDocument))
	d.mux.HandleFunc("GET /{did}/data", d.about(d.serveData))
	d.mux.HandleFunc("GET /{did}/log", d.about(d.serveLog))
	d.mux.HandleFunc("GET /{did}/log/audit", d.about(d.serveAuditLog))
	d.mux.HandleFunc("GET /{did}/log/last", d.about(d.serveLast))
	d.mux.HandleFunc("POST /{did}", d.servePost)
}

// ServeHTTP implements [http.Handler].
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	d.mux.ServeHTTP(w, r)
}

// about makes a handler of one that needs the history of a DID.
func (d *Directory) about(serve func(http.ResponseWriter, syntax.DID, *plc.State)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := syntax.ParseDID(r.PathValue("did"))
		if err != nil || !id.IsPLC() {
			fail(w, http.StatusBadRequest, "Not a did:plc")
			return
		}
		s := d.State(id)
		if s == nil {
			fail(w, http.StatusNotFound, "DID not registered: "+id.String())
			return
		}
		serve(w, id, s)
	}
}

func (d *Directory) serveDocument(w http.ResponseWriter, id syntax.DID, s *plc.State) {
	data := s.Data()
	if data == nil {
		failWith(w, d.deactivated(id))
		return
	}
	w.Header().Set("Content-Type", "application/did+ld+json; charset=utf-8")
	_, _ = w.Write(data.AppendDocument(nil, id))
}

func (d *Directory) serveData(w http.ResponseWriter, id syntax.DID, s *plc.State) {
	data := s.Data()
	if data == nil {
		failWith(w, d.deactivated(id))
		return
	}
	writeJSON(w, http.StatusOK, struct {
		DID syntax.DID `json:"did"`
		*plc.Data
	}{id, data})
}

func (d *Directory) serveLog(w http.ResponseWriter, _ syntax.DID, s *plc.State) {
	writeJSON(w, http.StatusOK, s.Operations())
}

func (d *Directory) serveAuditLog(w http.ResponseWriter, id syntax.DID, _ *plc.State) {
	writeJSON(w, http.StatusOK, d.Log(id))
}

func (d *Directory) serveLast(w http.ResponseWriter, _ syntax.DID, s *plc.State) {
	writeJSON(w, http.StatusOK, s.Head())
}

func (d *Directory) servePost(w http.ResponseWriter, r *http.Request) {
	id, err := syntax.ParseDID(r.PathValue("did"))
	if err != nil || !id.IsPLC() {
		fail(w, http.StatusBadRequest, "Not a did:plc")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "Request too large")
		return
	}
	op, err := plc.ParseOperation(body)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := d.Submit(id, op); err != nil {
		e, _ := errors.AsType[*plc.StatusError](err) // it always is one
		failWith(w, e)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "OK")
}

// maxCount is how many entries a page of the export has at most, and by default.
const maxCount = 1000

var isNumber = regexp.MustCompile(`^[0-9]{1,18}$`).MatchString

// serveExport serves a page: of the numbered form if after is a number, and
// otherwise of the older form.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func (d *Directory) serveExport(w http.ResponseWriter, r *http.Request) {
	count := maxCount
	if text := r.URL.Query().Get("count"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			fail(w, http.StatusBadRequest, "Invalid count parameter")
			return
		}
		count = min(n, maxCount)
	}
	var entries []plc.Entry
	after := r.URL.Query().Get("after")
	if isNumber(after) {
		seq, _ := strconv.ParseInt(after, 10, 64)
		entries, _ = d.after(seq, count)
	} else {
		var since time.Time
		if after != "" {
			var err error
			if since, err = time.Parse(time.RFC3339, after); err != nil {
				fail(w, http.StatusBadRequest, "Invalid after parameter")
				return
			}
		}
		entries = d.since(since, count)
	}
	w.Header().Set("Content-Type", "application/jsonlines")
	for i, e := range entries {
		line, err := e.MarshalJSON()
		if err != nil {
			panic("plctest: internal error: " + err.Error())
		}
		if i > 0 {
			line = slices.Insert(line, 0, '\n')
		}
		if _, err := w.Write(line); err != nil {
			return
		}
	}
}

// after returns at most count entries with numbers above seq, and how many there
// are.
func (d *Directory) after(seq int64, count int) (entries []plc.Entry, total int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := min(max(seq-d.o.FirstSeq+1, 0), int64(len(d.export)))
	rest := d.export[from:]
	for _, r := range rest[:min(len(rest), count)] {
		entries = append(entries, r.Entry)
	}
	return entries, len(rest)
}

// since returns at most count entries later than the given time.
func (d *Directory) since(t time.Time, count int) []plc.Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	var entries []plc.Entry
	for _, r := range d.export {
		if r.CreatedAt.After(t) {
			entries = append(entries, r.Entry)
			entries[len(entries)-1].Seq = 0
		}
	}
	slices.SortStableFunc(entries, func(a, b plc.Entry) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.CID.String(), b.CID.String())
	})
	return entries[:min(len(entries), count)]
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("plctest: internal error: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func fail(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"message": message})
}

func failWith(w http.ResponseWriter, e *plc.StatusError) { fail(w, e.Status, e.Message) }
