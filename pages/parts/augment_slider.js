// One photo large, before and after in the same place. All pictures are here already: nothing is asked of the server.

const part = (parent, selector) => parent.querySelector(selector);

// Buttons of which one is pressed; `draw(button, i)` fills each.
function choices(place, count, chosen, choose, draw) {
  const buttons = [...Array(count).keys()].map((i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", i === chosen);
    draw(button, i);
    button.onclick = () => choose(i);
    return button;
  });
  place.replaceChildren(...buttons);
  place.hidden = count < 2;
}

export default function ({ data, parentElement }) {
  const state = (parentElement.thawState ??= { photo: 0, draw: 0, recipe: 0, place: 50 });
  state.photo = Math.min(state.photo, data.photos.length - 1);
  state.recipe = Math.min(state.recipe, data.recipes.length - 1);
  state.draw = Math.min(state.draw, data.recipes[0].draws.length - 1);
  const stage = part(parentElement, ".stage");
  const slider = part(parentElement, "input");
  const [before, after] = stage.querySelectorAll("img");

  function place() {
    state.place = Number(slider.value);
    stage.style.setProperty("--place", `${state.place}%`);
    slider.setAttribute("aria-valuetext", `${state.place} % of the photo as it is, the rest as it trains`);
  }

  function show() {
    const photo = data.photos[state.photo];
    const drawn = data.recipes[state.recipe].draws[state.draw][state.photo];
    before.src = photo.src;
    before.alt = `${photo.name}, as it is`;
    after.src = drawn.src;
    after.alt = drawn.text;
    part(parentElement, ".words").textContent = drawn.text;
    const choose = (what) => (i) => { state[what] = i; show(); };
    const again = (what, i) => part(parentElement, `.${what} button:nth-child(${i + 1})`)?.focus();
    const kept = (what) => (i) => { choose(what)(i); again(what, i); };
    choices(part(parentElement, ".photo"), data.photos.length, state.photo, kept("photo"), (button, i) => {
      const picture = document.createElement("img");
      picture.src = data.photos[i].src;
      picture.alt = data.photos[i].name;
      button.title = data.photos[i].name;
      button.append(picture);
    });
    choices(part(parentElement, ".draw"), data.recipes[0].draws.length, state.draw, kept("draw"), (button, i) => {
      button.textContent = `Draw ${i + 1}`;
    });
    choices(part(parentElement, ".recipe"), data.recipes.length, state.recipe, kept("recipe"), (button, i) => {
      button.textContent = data.recipes[i].name;
    });
  }

  slider.oninput = place;
  slider.value = state.place;
  place();
  show();
}
