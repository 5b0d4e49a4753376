document.documentElement.classList.add("scripted" /* "img/icon.png" */)
