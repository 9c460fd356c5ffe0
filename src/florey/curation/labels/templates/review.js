"use strict";
(() => {
  const el = id => document.getElementById(id);
  const data = JSON.parse(el("data").textContent);
  const served = data.reviewer !== null;
  const articles = [...document.querySelectorAll("article")];
  const links = [...document.querySelectorAll("#overview li")];
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const store = "review-" + data.queue;
  const decisions = new Map(Object.entries(data.decisions)); // question id -> what counts
  let history = []; // of the saved page: all that was ever decided, in order
  let at = 0;

  const say = text => { el("said").textContent = text; };
  const word = made => !made ? "open" : made.action === "fix" ? "fix to " + letters[made.gold] : made.action;
  const count = made => { if (made.action === "undo") decisions.delete(made.question_id); else decisions.set(made.question_id, made); };
  const fits = place => {
    const wanted = el("filter").value;
    return wanted === "all" || decisions.has(data.items[place].id) === (wanted === "decided");
  };
  const from = (start, step) => {
    for (let place = start; place >= 0 && place < articles.length; place += step) if (fits(place)) return place;
    return -1;
  };
  const checked = () => document.querySelector("[name=action]:checked");

  const remember = () => {
    if (served) return;
    try { localStorage.setItem(store, JSON.stringify({ reviewer: el("reviewer").value, history })); }
    catch { say("This browser keeps nothing: save the decisions to a file before you close the page."); }
  };
  const recall = () => {
    if (served) return;
    try {
      const kept = JSON.parse(localStorage.getItem(store) || "null");
      if (kept) { el("reviewer").value = kept.reviewer; history = kept.history; history.forEach(count); }
    } catch { /* what cannot be read is as if it were not there */ }
  };

  const draw = () => {
    el("progress").value = decisions.size;
    el("status").textContent = `${decisions.size} of ${data.items.length} decided`;
    links.forEach((link, place) => {
      link.hidden = !fits(place);
      link.querySelector("[data-state]").textContent = word(decisions.get(data.items[place].id));
    });
    const item = data.items[at];
    const made = item && decisions.get(item.id);
    articles.forEach((article, place) => { article.hidden = place !== at; });
    el("nothing").hidden = Boolean(item);
    el("decide").hidden = !item;
    el("previous").disabled = from(at - 1, -1) < 0;
    el("next").disabled = from(at + 1, 1) < 0;
    if (!item) return;
    el("key").textContent = letters[item.key];
    el("gold").replaceChildren(...item.options.map((text, index) => {
      const option = document.createElement("option");
      option.textContent = `${letters[index]}. ${text}`;
      option.disabled = index === item.key;
      return option;
    }));
    const chosen = made && made.action === "fix" ? made.gold : item.suggestion;
    el("gold").selectedIndex = chosen ?? -1;
    document.querySelectorAll("[name=action]").forEach(radio => { radio.checked = Boolean(made) && radio.value === made.action; });
    el("reason").value = made ? made.reason : "";
    el("undo").disabled = !made;
  };
  const show = place => {
    if (place >= 0) at = place;
    say("");
    draw();
    if (at >= 0 && at < articles.length) {
      window.history.replaceState(null, "", "#item-" + (at + 1));
      articles[at].focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  };

  const send = async made => {
    if (!served) {
      const reviewer = el("reviewer").value.trim();
      if (!reviewer) { el("reviewer").focus(); throw new Error("Who are you? Give your name or a code first."); }
      const whole = { ...made, reviewer, at: new Date().toISOString() };
      history.push(whole);
      return whole;
    }
    let answer;
    try {
      answer = await fetch("decisions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(made) });
    } catch { throw new Error("Not saved: the review is no longer served"); }
    const said = await answer.json();
    if (!answer.ok) throw new Error("Not saved: " + said.error);
    return said.decision;
  };
  const decide = async made => {
    try { count(await send(made)); } catch (error) { say(error.message); return false; }
    remember();
    return true;
  };
  const save = async () => {
    const action = checked(), item = data.items[at];
    if (!item) return;
    if (!action) { say("Keep, fix or drop?"); return; }
    const made = { question_id: item.id, action: action.value, reason: el("reason").value.trim() };
    if (made.action === "fix") {
      made.gold = el("gold").selectedIndex;
      if (made.gold < 0) { say("Which option is right?"); el("gold").focus(); return; }
    }
    if (made.action !== "keep" && !made.reason) { say(`Give a reason to ${made.action} it.`); el("reason").focus(); return; }
    const place = at;
    if (!await decide(made)) return;
    const next = from(place + 1, 1);
    if (next >= 0) show(next); else { draw(); say(""); el("reason").blur(); }
  };
  const undo = async () => {
    const item = data.items[at];
    if (item && decisions.has(item.id) && await decide({ question_id: item.id, action: "undo" })) show(at);
  };
  const choose = action => {
    document.querySelector(`[name=action][value=${action}]`).checked = true;
    say("");
    el("reason").focus();
  };

  el("decide").onsubmit = event => { event.preventDefault(); save(); };
  el("undo").onclick = undo;
  el("previous").onclick = () => show(from(at - 1, -1));
  el("next").onclick = () => show(from(at + 1, 1));
  el("filter").onchange = () => { const first = from(0, 1); if (first < 0) at = articles.length; show(first); };
  el("gold").onchange = () => { document.querySelector("[name=action][value=fix]").checked = true; };
  el("reviewer").oninput = remember;
  window.onhashchange = () => { const place = Number(location.hash.slice(6)) - 1; if (articles[place]) show(place); };
  if (!served) el("save-file").onclick = () => {
    const lines = history.map(made => JSON.stringify(made) + "\n").join("");
    const name = el("reviewer").value.trim().replace(/[^\p{L}\p{N}_-]+/gu, "_") || "reviewer";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines], { type: "application/x-ndjson" }));
    link.download = `decisions-${name}.jsonl`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const keys = {
    k: () => choose("keep"), f: () => choose("fix"), d: () => choose("drop"), u: undo,
    n: () => show(from(at + 1, 1)), p: () => show(from(at - 1, -1)),
    t: () => {
      const trials = [...articles[at].querySelectorAll(".trial")], unfold = trials.some(trial => !trial.open);
      trials.forEach(trial => { trial.open = unfold; });
    },
  };
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey || !data.items[at]) return;
    if (event.key === "Escape") { document.activeElement.blur(); return; }
    if (event.target.matches("input:not([type=radio]), select")) return;
    const digit = Number(event.key) - 1, option = el("gold").options[digit];
    if (event.key >= "1" && event.key <= "9" && option && !option.disabled) {
      el("gold").selectedIndex = digit;
      choose("fix");
    } else if (keys[event.key]) keys[event.key]();
    else if (event.key === "Enter" && checked() && !event.target.matches("button, a, summary")) save();
    else return;
    event.preventDefault();
  });

  recall();
  const start = Number(location.hash.slice(6)) - 1;
  const open = data.items.findIndex(item => !decisions.has(item.id));
  show(articles[start] ? start : Math.max(open, 0));
})();
