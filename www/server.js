// On a server there are no custom elements: importing the package does nothing, and the markup is sent as it is. The browser
// imports the element itself.
export const CallbackPreview = undefined;
